import { useMemo } from 'react';
import { durationText } from '../../shared/format/quantities.ts';
import type { Frame } from '../../shared/replay/replay-build.ts';
import { clockText } from './clock-text.ts';
import { type VisitedState, visitsInOrder } from './visits.ts';
import { stateName } from './wording.ts';

interface StatesVisitedProps {
  readonly frames: readonly Frame[];
  readonly at: number;
}

/** The chart as a list: what a build went through, in order, for who would rather read than look. */
export function StatesVisited({ frames, at }: StatesVisitedProps) {
  const visited = useMemo(() => visitsInOrder(frames, at), [frames, at]);
  return (
    <ol aria-label="States visited" className="h-full overflow-y-auto px-2 py-3 md:px-4">
      {visited.map((state) => (
        <VisitedRow key={`${state.revision}-${state.id}`} {...state} />
      ))}
    </ol>
  );
}

function VisitedRow({ id, depth, enteredMs, leftMs }: VisitedState) {
  const isActive = leftMs === null;
  return (
    <li
      aria-current={isActive ? 'step' : undefined}
      style={{ paddingInlineStart: `${0.75 + depth * 1.5}rem` }}
      className="flex items-baseline gap-3 rounded-lg py-1.5 pe-3 aria-[current]:bg-accent-soft"
    >
      <span className={isActive ? 'font-semibold' : 'font-medium'}>{stateName(id.slice(id.lastIndexOf('.') + 1))}</span>
      <time dateTime={new Date(enteredMs).toISOString()} className="ml-auto text-xs text-muted tabular-nums">
        {clockText(enteredMs)}
      </time>
      <span className="w-24 shrink-0 text-right text-xs text-muted tabular-nums">
        {leftMs === null ? 'now' : durationText(leftMs - enteredMs)}
      </span>
    </li>
  );
}
