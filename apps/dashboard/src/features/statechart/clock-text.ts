const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** The time of day to the second, where the reader is: "09:14:03". */
export function clockText(atMs: number): string {
  return clock.format(atMs);
}
