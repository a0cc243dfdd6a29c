import { durationText } from '../../shared/format/quantities.ts';

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

/** How long a state lasted: many are left within a second. */
export function stayText(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : durationText(ms);
}
