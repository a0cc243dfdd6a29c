import type { Replay } from '../../shared/replay/replay-build.ts';

export interface EventHistoryProps {
  readonly replay: Replay;
  /** The revision that is looked at. */
  readonly at: number;
  readonly onMoment: (at: number | null) => void;
}

export function EventHistory({ replay, at, onMoment }: EventHistoryProps) {
  return (
    <ol>
      {replay.frames.map(({ revision, event }) => (
        <li key={revision} data-revision={revision} aria-current={revision === at ? 'step' : undefined}>
          <button type="button" onClick={() => onMoment(revision)}>
            {event.type}
          </button>
        </li>
      ))}
    </ol>
  );
}
