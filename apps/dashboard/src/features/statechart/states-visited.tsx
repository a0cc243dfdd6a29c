import { Workflow } from 'lucide-react';
import { useMemo } from 'react';
import { clockText } from '../../shared/format/moments.ts';
import { exactDurationText } from '../../shared/format/quantities.ts';
import type { Frame } from '../../shared/replay/replay-build.ts';
import { EmptyState } from '../../shared/ui/empty-state.tsx';
import { type VisitedState, visitsInOrder } from './visits.ts';
import { stateName } from './wording.ts';

interface StatesVisitedProps {
  readonly frames: readonly Frame[];
  readonly at: number;
  readonly isLive: boolean;
}

/** The chart as a list: what a build went through, in order, for who would rather read than look. */
export function StatesVisited({ frames, at, isLive }: StatesVisitedProps) {
  const visited = useMemo(() => visitsInOrder(frames, at), [frames, at]);
  if (visited.length === 0) {
    return (
      <EmptyState icon={Workflow} title="No state visited yet">
        The states that the build goes through are listed here as soon as its first event is there.
      </EmptyState>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
    <div tabIndex={0} className="h-full overflow-y-auto px-2 py-3 -outline-offset-2 md:px-4">
      <ol aria-label="States visited" className="max-w-2xl">
        {visited.map((state) => (
          <VisitedRow key={`${state.revision} ${state.id}`} {...state} isLive={isLive} />
        ))}
      </ol>
    </div>
  );
}

function VisitedRow({ id, depth, enteredMs, leftMs, isLive }: VisitedState & { readonly isLive: boolean }) {
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
        {leftMs === null ? (isLive ? 'now' : 'then') : exactDurationText(leftMs - enteredMs)}
      </span>
    </li>
  );
}
