import { exactDurationText } from '../../shared/format/quantities.ts';
import type { Frame } from '../../shared/replay/replay-build.ts';

/** "+1.9 s" */
export const offsetText = (ms: number): string => `+${exactDurationText(ms)}`;

/** The time since the build was requested. */
export function sinceRequestMs(frames: readonly Frame[], revision: number): number {
  const [first, frame] = [frames[0], frames[revision]];
  return first === undefined || frame === undefined ? 0 : frame.atMs - first.atMs;
}
