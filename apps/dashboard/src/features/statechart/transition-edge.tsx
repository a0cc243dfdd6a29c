import { type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react';
import { memo, use } from 'react';
import { Tooltip } from '../../shared/ui/tooltip.tsx';
import { MomentContext } from './chart-context.ts';
import type { Box, Point } from './chart-layout.ts';
import { TransitionDetails } from './details.tsx';
import { arrowHead, roundedPath } from './edge-path.ts';
import type { ChartEdge, ChartTransition } from './graph.ts';
import { labelLines } from './labels.ts';

export type TransitionEdgeType = Edge<
  { readonly edge: ChartEdge; readonly points: readonly Point[]; readonly labels: Readonly<Record<string, Box>> },
  'transition'
>;

/** Never taken, taken some time before, or taken by the very event that is looked at. */
type Trace = 'idle' | 'visited' | 'last';

export function TransitionEdge({ data }: EdgeProps<TransitionEdgeType>) {
  const { taken, lastTaken } = use(MomentContext);
  if (data === undefined) return null;
  const { edge, points, labels } = data;
  const traceOf = ({ id }: ChartTransition): Trace => (lastTaken === id ? 'last' : taken.has(id) ? 'visited' : 'idle');
  const traces = edge.transitions.map(traceOf);
  const trace = traces.includes('last') ? 'last' : traces.includes('visited') ? 'visited' : 'idle';
  return (
    <>
      <Line points={points} trace={trace} />
      <EdgeLabelRenderer>
        {edge.transitions.map((transition) => {
          const box = labels[transition.id];
          if (box === undefined) return null;
          const count = taken.get(transition.id) ?? 0;
          return <Label key={transition.id} {...{ transition, box, count }} trace={traceOf(transition)} />;
        })}
      </EdgeLabelRenderer>
    </>
  );
}

const strokes: Readonly<Record<Trace, string>> = {
  idle: 'stroke-edge',
  visited: 'stroke-visited',
  last: 'stroke-accent',
};
const fills: Readonly<Record<Trace, string>> = { idle: 'fill-edge', visited: 'fill-visited', last: 'fill-accent' };
const widths: Readonly<Record<Trace, number>> = { idle: 1.25, visited: 1.75, last: 2.25 };

const Line = memo(function Line({ points, trace }: { readonly points: readonly Point[]; readonly trace: Trace }) {
  const path = roundedPath(points);
  return (
    <>
      <path d={path} fill="none" strokeWidth={widths[trace]} className={`transition-[stroke] ${strokes[trace]}`} />
      <path d={arrowHead(points)} className={`transition-[fill] ${fills[trace]}`} />
      {trace === 'last' && (
        <path
          d={path}
          fill="none"
          strokeWidth={4.5}
          strokeDasharray="1 13"
          strokeLinecap="round"
          className="stroke-accent motion-safe:animate-[statechart-dash_0.9s_linear_infinite]"
        />
      )}
    </>
  );
});

const labelLooks: Readonly<Record<Trace, string>> = {
  idle: 'border-line bg-panel text-muted',
  visited: 'border-visited/70 bg-panel text-fg',
  last: 'border-accent bg-accent text-accent-fg',
};

interface LabelProps {
  readonly transition: ChartTransition;
  readonly box: Box;
  readonly count: number;
  readonly trace: Trace;
}

const Label = memo(function Label({ transition, box, count, trace }: LabelProps) {
  const { x, y, width, height } = box;
  const lines = labelLines(transition);
  return (
    <Tooltip content={<TransitionDetails transition={transition} count={count} />} side="top">
      <div
        data-transition={transition.id}
        data-taken={count}
        data-last={trace === 'last'}
        style={{ transform: `translate(${x}px, ${y}px)`, width, height }}
        className={`pointer-events-auto absolute z-30 flex flex-col items-center justify-center rounded-[10px] border text-[12px] leading-[15px] font-medium whitespace-nowrap ${labelLooks[trace]}`}
      >
        {lines.map((line) => (
          <span key={line}>{line}</span>
        ))}
      </div>
    </Tooltip>
  );
});
