import { type RecordedEvent, replayEvents } from '@yardmaster/application';
import { type BuildJobEvent, buildJobDecider, buildJobMachine } from '@yardmaster/domain';
import { initialTransition, transition } from 'xstate';
import type { Bench } from './bench.ts';
import { median, rounded } from './percentiles.ts';
import { recordedHistory } from './recorded-history.ts';

const rounds = 5;

/**
 * Events per second of the replay that handlers use (schema, machine, and the recorded state compared after each event),
 * beside the bare machine and beside a reducer that only folds, over the same events in turns.
 */
export const replay: Bench = async ({ quick, signal }) => {
  const table = [];
  for (const { length, times } of [
    { length: 20, times: 500 },
    { length: 1_000, times: 10 },
  ]) {
    const events = await recordedHistory(length);
    const runs: Readonly<Record<keyof typeof ways, number[]>> = { replayed: [], machine: [], reducer: [] };
    for (let round = 0; round <= rounds; round++) {
      for (const way of ['replayed', 'machine', 'reducer'] as const) {
        signal.throwIfAborted();
        const perSecond = eventsPerSecond(ways[way], events, quick ? times / 10 : times);
        if (round > 0) runs[way].push(perSecond); // the first round warms up the compiler
      }
    }
    const [replayed, machine, reducer] = [median(runs.replayed), median(runs.machine), median(runs.reducer)];
    table.push({
      history: `${length} events`,
      replayPerSecond: Math.round(replayed),
      historyMs: rounded((length / replayed) * 1_000, 2),
      xstateTransitionPerSecond: Math.round(machine),
      ratioToXState: rounded(replayed / machine, 2),
      plainReducerPerSecond: Math.round(reducer),
      ratioToReducer: rounded(replayed / reducer, 4),
    });
  }
  return { table, notes: [], aims: [] };
};

/** Each gives the state value in which the history ends. */
const ways = {
  replayed: (events: readonly RecordedEvent[]) =>
    replayEvents(buildJobDecider, buildJobDecider.initialState(), events).value,
  machine: (events: readonly RecordedEvent[]) =>
    events.reduce(
      (state, event) => transition(buildJobMachine, state, trusted(event))[0],
      initialTransition(buildJobMachine)[0],
    ).value,
  reducer: (events: readonly RecordedEvent[]) => events.reduce(fold, folded).status,
};

function eventsPerSecond(
  way: (events: readonly RecordedEvent[]) => unknown,
  events: readonly RecordedEvent[],
  times: number,
) {
  let end: unknown;
  const startedAt = performance.now();
  for (let n = 0; n < times; n++) end = way(events);
  if (end !== 'completed') throw new Error(`A replay ended in ${JSON.stringify(end)}.`); // and nothing is optimised away
  return (events.length * times * 1_000) / (performance.now() - startedAt);
}

interface Folded {
  readonly attempt: number;
  readonly priority: number;
  readonly reportSeq: number;
  readonly step: string | null;
  readonly lastCompletedStep: string | null;
  readonly status: string;
}

const folded: Folded = {
  attempt: 0,
  priority: 5,
  reportSeq: 0,
  step: null,
  lastCompletedStep: null,
  status: 'pending',
};

/** No schema, no legality, no comparison: what folding costs at least. */
function fold(state: Folded, recorded: RecordedEvent): Folded {
  const { type, data } = trusted(recorded);
  switch (type) {
    case 'BuildQueued':
      return { ...state, status: 'queued' };
    case 'PriorityChanged':
      return { ...state, priority: data.priority };
    case 'BuildClaimed':
      return { ...state, status: 'building', attempt: data.attempt, reportSeq: 0 };
    case 'StepStarted':
      return { ...state, reportSeq: data.seq, step: data.step };
    case 'StepCompleted':
      return { ...state, reportSeq: data.seq, lastCompletedStep: data.step };
    case 'OutputPublished':
      return { ...state, reportSeq: data.seq, status: 'running' };
    case 'BuildCompleted':
      return { ...state, reportSeq: data.seq, status: 'completed' };
    default:
      return { ...state };
  }
}

/** The actor has parsed it when it was recorded. */
const trusted = ({ type, data }: RecordedEvent) => ({ type, data }) as BuildJobEvent;
