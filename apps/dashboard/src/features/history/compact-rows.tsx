import { memo } from 'react';
import { clockText, momentText } from '../../shared/format/moments.ts';
import type { Frame } from '../../shared/replay/replay-build.ts';
import { describeEvent } from './describe-event.ts';
import { actorOf } from './event-actor.ts';
import { ActorName, placeOf, rowLook, ToneIcon } from './event-parts.tsx';
import { offsetText } from './event-times.ts';
import { RowList } from './row-list.tsx';

export interface EventRowsProps {
  readonly frames: readonly Frame[];
  /** The revisions that are shown, in order. */
  readonly shown: readonly number[];
  readonly at: number;
  readonly viewerId: string | null;
  readonly onMoment: (at: number) => void;
}

/** One line per event, in plain words. */
export function CompactRows({ frames, shown, at, viewerId, onMoment }: EventRowsProps) {
  return (
    <RowList
      label="Events"
      keys={shown}
      current={shown.indexOf(at)}
      heightPx={38}
      rowAttributes={(index) => ({ 'data-revision': shown[index] })}
      row={(index, button) => {
        const frame = frames[shown[index] ?? -1];
        if (frame === undefined) return null;
        const { revision } = frame;
        return (
          <CompactRow
            frame={frame}
            previous={frames[revision - 1]}
            place={placeOf(revision, at)}
            viewerId={viewerId}
            onMoment={onMoment}
            {...button}
          />
        );
      }}
    />
  );
}

interface CompactRowProps {
  readonly frame: Frame;
  readonly previous: Frame | undefined;
  readonly place: 'before' | 'at' | 'after';
  readonly viewerId: string | null;
  readonly onMoment: (at: number) => void;
  readonly tabIndex: 0 | -1;
  readonly 'data-row-button': true;
}

const CompactRow = memo(function CompactRow({
  frame,
  previous,
  place,
  viewerId,
  onMoment,
  ...button
}: CompactRowProps) {
  const { title, detail, tone } = describeEvent(frame.event, previous?.snapshot.context ?? null);
  return (
    <button
      type="button"
      {...button}
      onClick={() => onMoment(frame.revision)}
      className={`grid min-h-9.5 grid-cols-[1.5rem_minmax(0,1fr)_auto] items-center gap-x-2.5 px-4 @xs:grid-cols-[1.75rem_minmax(0,1fr)_auto_3.5rem] py-1.5 @2xl:grid-cols-[1.75rem_minmax(0,1fr)_9rem_5rem] ${rowLook(place)}`}
    >
      <span className="text-right font-mono text-xs text-muted tabular-nums">{frame.revision}</span>
      <span className="flex min-w-0 items-center gap-1.5">
        <ToneIcon tone={tone} />
        <span className="min-w-0 @lg:flex @lg:items-baseline @lg:gap-2">
          <span className={`block wrap-anywhere @lg:shrink-0 @lg:truncate ${place === 'after' ? '' : 'font-medium'}`}>
            {title}
          </span>
          {detail !== null && (
            <span className="block truncate text-[13px] text-muted" title={detail}>
              {detail}
            </span>
          )}
        </span>
      </span>
      <ActorName className="hidden @xs:flex" actor={actorOf(frame.recorded, viewerId)} />
      <Since frame={frame} previous={previous} />
    </button>
  );
});

/** The time since the event before; the first event has its time of day. */
export function Since({ frame, previous }: { readonly frame: Frame; readonly previous: Frame | undefined }) {
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
