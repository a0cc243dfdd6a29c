import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { LogGroupHeading } from './log-group-heading.tsx';
import type { LogGroup } from './log-index.ts';
import { LogLineRow } from './log-line-row.tsx';
import type { LogRows } from './log-rows.ts';
import type { LogMatch } from './log-search.ts';
import type { LogStore, LogView } from './log-store.ts';
import { useLatest } from './use-latest.ts';
import { useScrollFollowing } from './use-scroll-following.ts';

/** Where to go; a new object goes there again. A line that is not there yet is gone to when it comes. */
export type Goal =
  | { readonly to: 'start' }
  | { readonly to: 'end' }
  | { readonly to: 'line'; readonly n: number }
  /** Somebody searched: the lines themselves are brought into the window as well. */
  | { readonly to: 'match'; readonly n: number };

export interface LogLinesProps {
  readonly store: LogStore;
  readonly view: LogView;
  readonly rows: LogRows;
  /** How many lines there are at the moment that is looked at. */
  readonly shown: number;
  readonly isUnderWay: boolean;
  /** Whether the end is kept in sight. */
  readonly isFollowing: boolean;
  readonly onFollow: (isFollowing: boolean) => void;
  readonly goal: Goal | null;
  /** Is told the first line in sight. */
  readonly inSight: RefObject<number>;
  readonly pattern: RegExp | null;
  readonly match: LogMatch | null;
  readonly line: number | undefined;
  readonly onLine: (n: number) => void;
  readonly onToggle: (group: LogGroup, isOpen: boolean) => void;
  readonly className: string;
}

const lineHeightPx = 20;
/** Where a finger has to hit a line. */
const coarseLineHeightPx = 28;
const headingHeightPx = 32;
const overscanRows = 10;
const endPaddingPx = 8;

/** The lines of a log, of which only those in sight are drawn. */
export function LogLines(props: LogLinesProps) {
  const { store, view, rows, shown, isUnderWay, isFollowing, onFollow, goal, inSight, match, line, onToggle } = props;
  const area = useRef<HTMLDivElement>(null);
  const [heightPx] = useState(() => (matchMedia('(pointer: coarse)').matches ? coarseLineHeightPx : lineHeightPx));
  const { shape } = rows;
  const virtualizer = useVirtualizer({
    count: rows.count,
    getScrollElement: () => area.current,
    estimateSize: (index) => (rows.isHeading(index) ? headingHeightPx : heightPx),
    // A new function has all places worked out anew, which is wanted when a heading has come or gone.
    // biome-ignore lint/correctness/useExhaustiveDependencies: see above
    getItemKey: useCallback((index: number) => index, [shape]),
    overscan: overscanRows,
    scrollPaddingStart: headingHeightPx,
    paddingEnd: endPaddingPx,
  });
  const onLine = useLatest(props.onLine);
  const follow = useScrollFollowing({ area, isFollowing, onFollow });

  const servedGoal = useRef<Goal | null>(null);
  useLayoutEffect(() => {
    if (goal === null || goal === servedGoal.current) return;
    if (goal.to === 'end') area.current?.scrollTo(0, area.current.scrollHeight);
    else {
      const index = goal.to === 'start' ? 0 : rows.indexOf(goal.n);
      if (index === null) return;
      follow.leave();
      if (goal.to === 'match') area.current?.scrollIntoView({ block: 'nearest' });
      if (goal.to === 'start') area.current?.scrollTo(0, 0);
      else if (!isInSight(virtualizer, index)) virtualizer.scrollToIndex(index, { align: 'center' });
    }
    servedGoal.current = goal;
  }, [goal, rows, virtualizer, follow]);

  const areaHeightPx = virtualizer.scrollRect?.height ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever changes where the end is
  useLayoutEffect(() => follow.stick(), [rows, isFollowing, areaHeightPx]);

  const top = virtualizer.scrollOffset ?? 0;
  const items = virtualizer.getVirtualItems();
  const heading = rows.headingOf(virtualizer.getVirtualItemForOffset(top)?.index ?? 0);
  const isHeadingOutOfSight = heading !== null && (virtualizer.measurementsCache[heading]?.start ?? 0) < top;
  useLayoutEffect(() => {
    const first = items.find(({ index, start }) => start >= top && !rows.isHeading(index));
    const row = rows.rowAt(first?.index ?? 0);
    inSight.current = row.kind === 'line' ? row.n : row.group.first;
  });
  const toggle = (index: number, group: LogGroup, isOpen: boolean) => {
    const startPx = virtualizer.measurementsCache[index]?.start ?? 0;
    follow.leave();
    if (area.current !== null && area.current.scrollTop > startPx) area.current.scrollTop = startPx;
    onToggle(group, !isOpen);
  };
  const headingAt = (index: number) => {
    const row = rows.rowAt(index);
    if (row.kind !== 'group') return null;
    const facts = groupFacts({ store, view, shown, isUnderWay, group: row.group });
    return <LogGroupHeading {...row} {...facts} onToggle={() => toggle(index, row.group, row.isOpen)} />;
  };
  const contentWidth = `calc(${view.columns}ch + var(--log-digits) * 1ch + 6rem)`;
  return (
    <div
      ref={area}
      role="log"
      aria-live="off"
      aria-label="Lines of the log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by the keyboard
      tabIndex={0}
      onScroll={follow.scrolled}
      onWheel={follow.turned}
      className={`overflow-auto overscroll-contain bg-panel font-mono text-[12.5px] [font-variant-ligatures:none] focus-visible:-outline-offset-2 ${props.className}`}
      style={{ '--log-digits': String(shown).length } as CSSProperties}
    >
      <div className="relative min-w-full" style={{ inlineSize: contentWidth, blockSize: virtualizer.getTotalSize() }}>
        {isHeadingOutOfSight && (
          <div className="sticky -top-px z-10 h-0">
            <div style={{ blockSize: headingHeightPx }}>{headingAt(heading)}</div>
          </div>
        )}
        {items.map(({ index, start, size }) => {
          const row = rows.rowAt(index);
          if (row.kind === 'group') {
            const style = { blockSize: size, transform: `translateY(${start}px)` };
            return (
              <div key={row.group.key} className="absolute top-0 left-0 w-full" style={style}>
                {headingAt(index)}
              </div>
            );
          }
          const { n } = row;
          return (
            <LogLineRow
              key={n}
              store={store}
              n={n}
              epoch={view.epoch}
              topPx={start}
              heightPx={size}
              pattern={props.pattern}
              currentColumn={match?.n === n ? match.column : null}
              isLinked={n === line}
              onLine={onLine}
            />
          );
        })}
      </div>
    </div>
  );
}

interface InSightParts {
  readonly scrollOffset: number | null;
  readonly scrollRect: { readonly height: number } | null;
  readonly measurementsCache: readonly { readonly start: number; readonly end: number }[];
}

function isInSight({ scrollOffset, scrollRect, measurementsCache }: InSightParts, index: number): boolean {
  const item = measurementsCache[index];
  const top = scrollOffset ?? 0;
  return item !== undefined && item.start >= top + headingHeightPx && item.end <= top + (scrollRect?.height ?? 0);
}

function groupFacts({
  store,
  view,
  shown,
  isUnderWay,
  group,
}: Pick<LogLinesProps, 'store' | 'view' | 'shown' | 'isUnderWay'> & { readonly group: LogGroup }) {
  const { groups } = view;
  const next = groups[groups.indexOf(group) + 1];
  const hasEnded = next !== undefined && next.first <= shown;
  const end = hasEnded ? next.first - 1 : shown;
  const endedAtMs = hasEnded ? next.startedAtMs : isUnderWay ? null : (store.lineAt(end)?.atMs ?? null);
  return {
    lines: end - group.first + 1,
    durationMs: endedAtMs === null ? null : endedAtMs - group.startedAtMs,
    showsAttempt: groups.at(-1)?.attempt !== groups[0]?.attempt,
  };
}
