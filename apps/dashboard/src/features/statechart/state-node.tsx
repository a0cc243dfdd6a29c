import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { Ban, Check, type LucideIcon, X } from 'lucide-react';
import { memo, use } from 'react';
import { clockText } from '../../shared/format/moments.ts';
import type { Tone } from '../../shared/jobs/job-display.ts';
import { Tooltip } from '../../shared/ui/tooltip.tsx';
import { MomentContext } from './chart-context.ts';
import { countLabel } from './count-label.ts';
import { StateDetails } from './details.tsx';
import type { ChartState } from './graph.ts';
import { InternalTransition } from './internal-transition.tsx';
import { toneOf } from './state-tone.ts';

export type StateNodeType = Node<{ readonly state: ChartState }, 'state'>;

/** Only what changed is drawn again: what the drawing gets are values that compare. */
export function StateNode({ data: { state } }: NodeProps<StateNodeType>) {
  const { active, visits } = use(MomentContext);
  const visited = visits.get(state.id);
  const drawn = {
    state,
    isActive: active.has(state.id),
    count: visited?.count ?? 0,
    lastEnteredMs: visited?.lastEnteredMs ?? null,
  };
  return (
    <>
      {/* React Flow asks for them; the lines are laid out to the borders. */}
      <Handle type="target" position={Position.Left} isConnectable={false} className="hidden" />
      <Handle type="source" position={Position.Right} isConnectable={false} className="hidden" />
      {state.isInitial && <InitialArrow />}
      {state.children.length === 0 ? <Leaf {...drawn} /> : <Compound {...drawn} />}
    </>
  );
}

interface DrawnState {
  readonly state: ChartState;
  readonly isActive: boolean;
  readonly count: number;
  readonly lastEnteredMs: number | null;
}

const activeLooks: Readonly<Record<Tone, string>> = {
  waiting: 'border-accent bg-accent-soft ring-accent/25',
  working: 'border-accent bg-accent-soft ring-accent/25',
  ok: 'border-ok bg-ok-soft ring-ok/25',
  bad: 'border-bad bg-bad-soft ring-bad/25',
  off: 'border-warn bg-warn-soft ring-warn/25',
};

const Leaf = memo(function Leaf({ state, isActive, count, lastEnteredMs }: DrawnState) {
  const look = isActive
    ? `ring-3 text-fg ${activeLooks[toneOf(state.id)]}`
    : count > 0
      ? 'border-visited bg-panel text-fg'
      : 'border-dashed border-line-strong bg-panel text-muted';
  return (
    <Tooltip content={<StateDetails state={state} />} side="top">
      <div
        {...attributes({ state, isActive, count })}
        className={`pointer-events-auto relative flex size-full flex-col rounded-[10px] border transition-[background-color,border-color,box-shadow] duration-200 ${look}`}
      >
        <div className={`flex items-center gap-2 px-3 ${state.internal.length > 0 ? 'h-[41px] shrink-0' : 'h-full'}`}>
          <Mark stateId={state.id} isActive={isActive} isVisited={count > 0} />
          <div className="min-w-0 leading-tight whitespace-nowrap">
            <div className="text-[15px] leading-[17px] font-medium">{state.name}</div>
            {lastEnteredMs !== null && (
              <div className="text-[11px] leading-[13px] text-muted tabular-nums">{clockText(lastEnteredMs)}</div>
            )}
          </div>
        </div>
        {state.internal.length > 0 && (
          <ul className="mx-3 border-t border-line pt-px">
            {state.internal.map((transition) => (
              <InternalTransition key={transition.id} transition={transition} />
            ))}
          </ul>
        )}
        {count > 1 && <Repeated count={count} />}
      </div>
    </Tooltip>
  );
});

const Compound = memo(function Compound({ state, isActive, count }: DrawnState) {
  const look = isActive
    ? 'border-accent/70 bg-accent-soft/40'
    : count > 0
      ? 'border-visited/70 bg-panel-2/60'
      : 'border-line bg-panel-2/60';
  return (
    <div className={`relative size-full rounded-2xl border transition-colors duration-200 ${look}`}>
      <Tooltip content={<StateDetails state={state} />} side="top">
        <div
          {...attributes({ state, isActive, count })}
          className="pointer-events-auto rounded-t-2xl px-3 pt-1.5 pb-1 whitespace-nowrap"
        >
          <div className={`text-[15px] leading-6 font-semibold ${count > 0 ? 'text-fg' : 'text-muted'}`}>
            {state.name}
          </div>
          <ul>
            {state.internal.map((transition) => (
              <InternalTransition key={transition.id} transition={transition} />
            ))}
          </ul>
        </div>
      </Tooltip>
      {count > 1 && <Repeated count={count} />}
    </div>
  );
});

/** Browser tests find a state by these; one that was never entered has nothing to tell and is no stop of the Tab key. */
function attributes({ state, isActive, count }: Pick<DrawnState, 'state' | 'isActive' | 'count'>) {
  const visits = count === 0 ? 'not entered' : count === 1 ? 'entered once' : `entered ${count} times`;
  return {
    role: 'group',
    tabIndex: count > 0 ? 0 : -1,
    'aria-label': `${state.name}: ${isActive ? 'active, ' : ''}${visits}`,
    'data-state': state.id,
    'data-active': isActive,
    'data-visits': count,
  } as const;
}

const icons: Readonly<Partial<Record<Tone, LucideIcon>>> = { ok: Check, bad: X, off: Ban };
const iconColours = { waiting: '', working: '', ok: 'text-ok', bad: 'text-bad', off: 'text-warn' } as const;

interface MarkProps {
  readonly stateId: string;
  readonly isActive: boolean;
  readonly isVisited: boolean;
}

/** An icon for what has gone one way or the other, a dot for the rest. */
function Mark({ stateId, isActive, isVisited }: MarkProps) {
  const tone = toneOf(stateId);
  const Icon = icons[tone];
  if (Icon !== undefined) {
    const colour = isActive || isVisited ? iconColours[tone] : 'text-muted';
    return <Icon aria-hidden="true" strokeWidth={2.5} className={`-ml-0.5 size-3 shrink-0 ${colour}`} />;
  }
  if (!isActive) {
    const look = isVisited ? 'border-visited bg-visited' : 'border-line-strong';
    return <span aria-hidden="true" className={`size-2 shrink-0 rounded-full border ${look}`} />;
  }
  return (
    <span aria-hidden="true" className="relative size-2 shrink-0">
      <span className="absolute inset-0 rounded-full bg-accent opacity-60 motion-safe:animate-ping" />
      <span className="absolute inset-0 rounded-full bg-accent" />
    </span>
  );
}

function Repeated({ count }: { readonly count: number }) {
  return (
    <span
      aria-hidden="true"
      className="absolute -top-2.5 -right-2.5 rounded-full border border-line bg-panel px-1.5 text-[11px] leading-[18px] font-semibold text-muted tabular-nums"
    >
      {countLabel(count)}
    </span>
  );
}

/** The dot from which UML enters the state that a chart begins with. */
function InitialArrow() {
  return (
    <svg aria-hidden="true" width="24" height="16" className="absolute -top-3 -left-1.5 overflow-visible text-muted">
      <circle cx="3.5" cy="3.5" r="3.5" fill="currentColor" />
      <path d="M8 3.5h7q4 0 4 4v1.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="m15.5 7.5 3.5 4.5 3.5-4.5z" fill="currentColor" />
    </svg>
  );
}
