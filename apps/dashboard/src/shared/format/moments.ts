const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** The time of day to the second, where the reader is: "09:14:03". */
export const clockText = (atMs: number): string => clock.format(atMs);

/** Date and time, where the reader is, to the millisecond. */
export function momentText(atMs: number): string {
  const milliseconds = String(new Date(atMs).getMilliseconds()).padStart(3, '0');
  return `${day.format(atMs)}, ${clock.format(atMs)}.${milliseconds}`;
}
