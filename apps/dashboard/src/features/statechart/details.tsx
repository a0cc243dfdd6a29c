import { use } from 'react';
import { clockText } from '../../shared/format/moments.ts';
import { countText, exactDurationText } from '../../shared/format/quantities.ts';
import { useNow } from '../../shared/ui/use-now.ts';
import { MomentContext } from './chart-context.ts';
import type { ChartState, ChartTransition } from './graph.ts';
import { staysIn } from './visits.ts';

/** A build can be taken back to the queue for ever; a tooltip lists only the latest times. */
const maxTimes = 5;

/** How often and when a build was in a state, and for how long in all. */
export function StateDetails({ state }: { readonly state: ChartState }) {
  const { frames, at, isLive, taken } = use(MomentContext);
  const nowMs = useNow();
  const stays = staysIn(frames, at, state.id);
  if (stays.length === 0) return <>{state.name}: not entered yet</>;
  const shownMs = isLive ? nowMs : (frames[at]?.atMs ?? nowMs);
  const spentMs = stays.reduce((sum, { enteredMs, leftMs }) => sum + Math.max(0, (leftMs ?? shownMs) - enteredMs), 0);
  const times = stays.slice(-maxTimes).map(({ enteredMs }) => clockText(enteredMs));
  return (
    <>
      <strong className="block font-semibold">{state.name}</strong>
      <span className="block">
        Entered {timesText(stays.length)}: {stays.length > maxTimes && '… '}
        {times.join(', ')}
      </span>
      {!state.isFinal && <span className="block">In it for {exactDurationText(spentMs)} in all</span>}
      {state.internal.map(({ id, event }) => {
        const count = taken.get(id) ?? 0;
        return (
          count > 0 && (
            <span key={id} className="block">
              {event} {timesText(count)}
            </span>
          )
        );
      })}
    </>
  );
}

/** What a transition is about, and how often it was taken. */
export function TransitionDetails({
  transition,
  count,
}: {
  readonly transition: ChartTransition;
  readonly count: number;
}) {
  return (
    <>
      <strong className="block font-semibold">{transition.event}</strong>
      {transition.guard !== null && <span className="block">Only if: {transition.guard}</span>}
      <span className="block">{count === 0 ? 'Not taken yet' : `Taken ${timesText(count)}`}</span>
    </>
  );
}

function timesText(count: number): string {
  return count === 1 ? 'once' : `${countText(count)} times`;
}
