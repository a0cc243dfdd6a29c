import { RotateCw } from 'lucide-react';
import { memo, use } from 'react';
import { MomentContext } from './chart-context.ts';
import { countLabel } from './count-label.ts';
import type { ChartTransition } from './graph.ts';

/** A transition that does something and stays, as a line in its state. */
export function InternalTransition({ transition }: { readonly transition: ChartTransition }) {
  const { taken, lastTaken } = use(MomentContext);
  return <Line transition={transition} count={taken.get(transition.id) ?? 0} isLast={lastTaken === transition.id} />;
}

interface LineProps {
  readonly transition: ChartTransition;
  readonly count: number;
  readonly isLast: boolean;
}

const Line = memo(function Line({ transition, count, isLast }: LineProps) {
  return (
    <li
      data-transition={transition.id}
      data-taken={count}
      data-last={isLast}
      className={`flex h-5 items-center gap-1 text-[12px] whitespace-nowrap ${isLast ? 'font-medium text-accent' : 'text-muted'}`}
    >
      <RotateCw aria-hidden="true" className="size-3 shrink-0" />
      {transition.event}
      {count > 1 && <span className="font-medium tabular-nums">{countLabel(count)}</span>}
    </li>
  );
});
