import { useMemo } from 'react';
import { momentText } from '../../shared/format/moments.ts';
import { exactDurationText } from '../../shared/format/quantities.ts';
import type { Frame } from '../../shared/replay/replay-build.ts';
import type { EventTone } from './describe-event.ts';
import { type Place, placeOf, rowLook, ToneIcon } from './event-parts.tsx';
import { type RowButtonProps, RowList } from './row-list.tsx';
import { type Span, type SpanGroup, timelineOf } from './timeline.ts';

interface TimelineRowsProps {
  readonly frames: readonly Frame[];
  readonly at: number;
  readonly onMoment: (at: number) => void;
}

type Row = { readonly kind: 'group'; readonly group: SpanGroup } | { readonly kind: 'span'; readonly span: Span };

/** What the build did and waited for, attempt by attempt, in proportion to the time it took. */
export function TimelineRows({ frames, at, onMoment }: TimelineRowsProps) {
  const rows = useMemo(() => rowsOf(timelineOf(frames)), [frames]);
  const keys = useMemo(() => rows.map(keyOf), [rows]);
  const current = rows.findLastIndex((row) => row.kind === 'span' && row.span.from <= at);
  const scale = scaleOf(frames);
  return (
    <RowList
      label="Timeline"
      keys={keys}
      current={current}
      heightPx={38}
      rowAttributes={(index) => ({ 'data-revision': revisionOf(rows[index]) })}
      row={(index, button) => {
        const row = rows[index];
        if (row === undefined) return null;
        if (row.kind === 'group') return <GroupRow group={row.group} button={button} onMoment={onMoment} />;
        const place = index === current ? 'at' : placeOf(row.span.from, at);
        return <SpanRow span={row.span} place={place} scale={scale} button={button} onMoment={onMoment} />;
      }}
    />
  );
}

const rowsOf = (groups: readonly SpanGroup[]): readonly Row[] =>
  groups.flatMap((group): readonly Row[] => [
    { kind: 'group', group },
    ...group.spans.map((span) => ({ kind: 'span', span }) as const),
  ]);

const revisionOf = (row: Row | undefined): number | undefined => (row?.kind === 'span' ? row.span.from : undefined);

const keyOf = (row: Row): string => (row.kind === 'group' ? `attempt ${row.group.attempt}` : String(row.span.from));

interface Scale {
  readonly startMs: number;
  readonly totalMs: number;
}

function scaleOf(frames: readonly Frame[]): Scale {
  const startMs = frames[0]?.atMs ?? 0;
  return { startMs, totalMs: Math.max(1, (frames.at(-1)?.atMs ?? 0) - startMs) };
}

interface GroupRowProps {
  readonly group: SpanGroup;
  readonly button: RowButtonProps;
  readonly onMoment: (at: number) => void;
}

function GroupRow({ group: { title, spans }, button, onMoment }: GroupRowProps) {
  const [first, last] = [spans[0], spans.at(-1)];
  if (first === undefined || last === undefined) return null;
  return (
    <button
      type="button"
      {...button}
      onClick={() => onMoment(first.from)}
      className="flex w-full items-baseline gap-2 bg-panel-2 px-4 py-1.5 text-left text-xs -outline-offset-2!"
    >
      <span className="font-semibold">{title}</span>
      <span className="ml-auto text-muted tabular-nums">{exactDurationText(last.endMs - first.startMs)}</span>
    </button>
  );
}

const barLooks: Readonly<Record<EventTone, string>> = {
  plain: 'bg-accent',
  ok: 'bg-ok',
  warn: 'bg-warn',
  bad: 'bg-bad',
};

interface SpanRowProps {
  readonly span: Span;
  readonly place: Place;
  readonly scale: Scale;
  readonly button: RowButtonProps;
  readonly onMoment: (at: number) => void;
}

function SpanRow({ span, place, scale, button, onMoment }: SpanRowProps) {
  const durationMs = span.endMs - span.startMs;
  const left = ((span.startMs - scale.startMs) / scale.totalMs) * 100;
  const width = (durationMs / scale.totalMs) * 100;
  const look = span.isWaiting ? 'border border-line-strong bg-panel-2' : barLooks[span.tone];
  return (
    <button
      type="button"
      {...button}
      onClick={() => onMoment(span.from)}
      title={momentText(span.startMs)}
      className={`grid min-h-9.5 grid-cols-[minmax(0,1fr)_4.5rem] items-center gap-x-3 px-4 py-1.5 @lg:grid-cols-[13rem_minmax(0,1fr)_4.5rem] ${rowLook(place)}`}
    >
      <span className="flex min-w-0 items-center gap-1.5">
        <ToneIcon tone={span.tone} />
        <span className={`truncate ${place === 'after' || span.isWaiting ? '' : 'font-medium'}`}>{span.label}</span>
      </span>
      <span
        className="relative order-last col-span-full h-1.5 @lg:order-none @lg:h-2.5 @lg:col-span-1"
        aria-hidden="true"
      >
        <span
          className={`absolute inset-y-0 min-w-1 rounded-full ${look} ${place === 'after' ? 'opacity-50' : ''}`}
          style={{ insetInlineStart: `min(${left}%, 100% - 4px)`, inlineSize: `${width}%` }}
        />
      </span>
      <span className="text-right text-xs text-muted tabular-nums">{exactDurationText(durationMs)}</span>
    </button>
  );
}
