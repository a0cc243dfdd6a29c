import type { Replay } from '../../shared/replay/replay-build.ts';
import { StatesVisited } from './states-visited.tsx';

export interface StatechartProps {
  readonly replay: Replay;
  /** The revision that is looked at: an index into `replay.frames`. */
  readonly at: number;
  /** False while the past is looked at. */
  readonly isLive: boolean;
}

/** The machine that runs a build, with where the build is and the way it came. */
export function Statechart({ replay, at }: StatechartProps) {
  return <StatesVisited frames={replay.frames} at={at} />;
}
