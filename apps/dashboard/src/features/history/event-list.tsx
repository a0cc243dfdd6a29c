import type { ReactNode } from 'react';
import { clockText, momentText } from '../../shared/format/moments.ts';
import type { Frame } from '../../shared/replay/replay-build.ts';
import { type Place, placeOf } from './event-parts.tsx';
import { offsetText } from './event-times.ts';
import { type RowButtonProps, RowList } from './row-list.tsx';

export interface EventRowsProps {
  readonly frames: readonly Frame[];
  /** The revisions that are shown, in order. */
  readonly shown: readonly number[];
  readonly at: number;
  readonly onMoment: (at: number) => void;
}

export interface EventRow {
  readonly frame: Frame;
  readonly previous: Frame | undefined;
  readonly place: Place;
}

interface EventListProps extends Omit<EventRowsProps, 'onMoment'> {
  readonly label: string;
  readonly row: (event: EventRow, button: RowButtonProps) => ReactNode;
}

/** A row for every event that is shown. */
export function EventList({ label, frames, shown, at, row }: EventListProps) {
  return (
    <RowList
      label={label}
      keys={shown}
      current={shown.indexOf(at)}
      heightPx={38}
      rowAttributes={(index) => ({ 'data-revision': shown[index] })}
      row={(index, button) => {
        const frame = frames[shown[index] ?? -1];
        if (frame === undefined) return null;
        const { revision } = frame;
        return row({ frame, previous: frames[revision - 1], place: placeOf(revision, at) }, button);
      }}
    />
  );
}

/** The time since the event before; the first event has its time of day. */
export function Since({ frame, previous }: Pick<EventRow, 'frame' | 'previous'>) {
  return (
    <time
      dateTime={new Date(frame.atMs).toISOString()}
      title={momentText(frame.atMs)}
      className="text-right text-xs text-muted tabular-nums"
    >
      {previous === undefined ? clockText(frame.atMs) : offsetText(frame.atMs - previous.atMs)}
    </time>
  );
}
