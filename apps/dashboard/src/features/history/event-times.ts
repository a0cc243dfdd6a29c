import { durationText } from '../../shared/format/quantities.ts';
import type { Frame } from '../../shared/replay/replay-build.ts';

/** "4 ms", "1.9 s", then as {@link durationText}. A clock that was set back gives 0 ms. */
export function exactDurationText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  return ms < 59_950 ? `${(ms / 1_000).toFixed(1)} s` : durationText(ms);
}

/** "+1.9 s" */
export const offsetText = (ms: number): string => `+${exactDurationText(ms)}`;

const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** The time of day, where the reader is. */
export const clockText = (atMs: number): string => clock.format(atMs);

/** Date and time, where the reader is, to the millisecond. */
export function momentText(atMs: number): string {
  const milliseconds = String(new Date(atMs).getMilliseconds()).padStart(3, '0');
  return `${day.format(atMs)}, ${clock.format(atMs)}.${milliseconds}`;
}

/** The time since the event before; null for the first. */
export function sincePreviousMs(frames: readonly Frame[], revision: number): number | null {
  const [previous, frame] = [frames[revision - 1], frames[revision]];
  return previous === undefined || frame === undefined ? null : frame.atMs - previous.atMs;
}

/** The time since the build was requested. */
export function sinceRequestMs(frames: readonly Frame[], revision: number): number {
  const [first, frame] = [frames[0], frames[revision]];
  return first === undefined || frame === undefined ? 0 : frame.atMs - first.atMs;
}
