import { memo } from 'react';
import { describeEvent } from './describe-event.ts';
import { actorOf } from './event-actor.ts';
import { EventList, type EventRow, type EventRowsProps, Since } from './event-list.tsx';
import { ActorName, rowLook, ToneIcon } from './event-parts.tsx';
import type { RowButtonProps } from './row-list.tsx';

interface CompactRowsProps extends EventRowsProps {
  readonly viewerId: string | null;
}

/** One line per event, in plain words. */
export function CompactRows({ viewerId, onMoment, ...list }: CompactRowsProps) {
  return (
    <EventList
      label="Events"
      {...list}
      row={(event, button) => <CompactRow {...event} viewerId={viewerId} onMoment={onMoment} {...button} />}
    />
  );
}

type CompactRowProps = EventRow & Pick<CompactRowsProps, 'viewerId' | 'onMoment'> & RowButtonProps;

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
