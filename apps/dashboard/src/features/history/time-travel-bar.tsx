import type { Replay } from '../../shared/replay/replay-build.ts';

export interface TimeTravelBarProps {
  readonly replay: Replay;
  /** The revision that is looked at. */
  readonly at: number;
  readonly isLive: boolean;
  /** Goes to a moment; null goes back to now, and stays there. */
  readonly onMoment: (at: number | null) => void;
}

export function TimeTravelBar({ replay, at, isLive, onMoment }: TimeTravelBarProps) {
  const last = replay.frames.length - 1;
  return (
    <div>
      {at + 1} / {last + 1}
      <button type="button" aria-pressed={isLive} onClick={() => onMoment(null)}>
        Live
      </button>
    </div>
  );
}
