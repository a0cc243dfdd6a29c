import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { CopyButton } from '../../shared/ui/copy-button.tsx';
import { EventList, type EventRow, type EventRowsProps, Since } from './event-list.tsx';
import { rowLook } from './event-parts.tsx';
import type { RowButtonProps } from './row-list.tsx';

/** The events as they are stored; each can be opened. */
export function RawRows({ onMoment, ...list }: EventRowsProps) {
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const toggle = (revision: number) =>
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(revision)) after.add(revision);
      return after;
    });
  return (
    <EventList
      label="Events as they are stored"
      {...list}
      row={(event, button) => {
        const { revision } = event.frame;
        return (
          <RawRow
            {...event}
            isOpen={open.has(revision)}
            onToggle={() => toggle(revision)}
            onMoment={onMoment}
            button={button}
          />
        );
      }}
    />
  );
}

interface RawRowProps extends EventRow, Pick<EventRowsProps, 'onMoment'> {
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  readonly button: RowButtonProps;
}

function RawRow({ frame, previous, place, isOpen, onToggle, onMoment, button }: RawRowProps) {
  const { recorded, revision } = frame;
  const { from, to } = recorded.metadata;
  const json = JSON.stringify(recorded, null, 2);
  return (
    <div className={rowLook(place)}>
      <div className="flex items-center">
        <button
          type="button"
          aria-expanded={isOpen}
          aria-label={`Event ${revision} as JSON`}
          tabIndex={button.tabIndex}
          onClick={onToggle}
          className="grid size-9 shrink-0 place-items-center rounded-lg text-muted hover:text-fg"
        >
          <ChevronRight className={`size-4 transition-transform ${isOpen ? 'rotate-90' : ''}`} aria-hidden="true" />
        </button>
        <button
          type="button"
          {...button}
          onClick={() => onMoment(revision)}
          className="grid min-h-9.5 min-w-0 flex-1 grid-cols-[1.75rem_minmax(0,1fr)_auto] items-center gap-x-2.5 py-1.5 pr-4 text-left @2xl:grid-cols-[1.75rem_minmax(0,1fr)_minmax(0,1fr)_5rem]"
        >
          <span className="text-right font-mono text-xs text-muted tabular-nums">{revision}</span>
          <span className="truncate font-mono text-[13px]">{recorded.type}</span>
          <span className="hidden truncate font-mono text-xs text-muted @2xl:block">
            {stateJson(from)} → {stateJson(to)}
          </span>
          <Since frame={frame} previous={previous} />
        </button>
      </div>
      {isOpen && (
        <div className="relative border-y border-line bg-panel">
          <pre className="overflow-x-auto p-4 pr-14 font-mono text-xs leading-relaxed wrap-anywhere whitespace-pre-wrap">
            {json}
          </pre>
          <CopyButton text={json} label={`Copy event ${revision}`} className="absolute top-2 right-2" />
        </div>
      )}
    </div>
  );
}

const stateJson = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
