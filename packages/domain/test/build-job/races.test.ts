import {
  type BuildJobCommand,
  type BuildJobEvent,
  type BuildJobSnapshot,
  buildJobDecider,
  finalStatuses,
  isTerminal,
  type Report,
  statusOf,
} from '@yardmaster/domain';
import {
  aBuild,
  aBuildRequest,
  aClaim,
  aDecisionContext,
  aWorkerId,
  type BuildHistory,
  happyCommand,
  nextReport,
  replay,
  stepCompleted,
  stepFailed,
  stopped,
} from '@yardmaster/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** Where a race may begin: wherever somebody still has something to say about the build. */
const starts: Readonly<Record<string, BuildHistory>> = {
  queued: aBuild().queued(),
  dispatched: aBuild().dispatched(),
  claimed: aBuild().claimed(),
  installing: aBuild().inStep('install'),
  'on its last attempt': aBuild({ maxAttempts: 1 }).inStep('install'),
  'after a lonely loss': aBuild({ maxAttempts: 9 }).inStep('install').workerLost({ alone: true }).inStep('bundle'),
  'checking its preview': aBuild().inStep('preview'),
  'about to finish': aBuild().stepDone('preview'),
  'backing off': aBuild().inStep('install').stepFailed(),
};

/**
 * Who races, and what each of them sends, in its own order. All of it is made of what was so when the race began: nobody
 * knows of the others, and what they know may be out of date when it arrives.
 */
function racersAt(state: BuildJobSnapshot) {
  const { context } = state;
  const { attempt } = context;
  const workerId = context.workerId ?? aWorkerId();
  const at = nextReport(state);
  const report = (made: Report): BuildJobCommand => ({ type: 'RecordReport', workerId, report: made });
  const step = context.step ?? 'extract';
  const next = { attempt: attempt + 1, workerId: aWorkerId(2), claimId: 'the next' };
  return {
    cancel: [{ type: 'CancelBuild', reason: null }],
    'the finish': [
      report(stepCompleted(step, at)),
      report({ kind: 'finished', attempt, seq: context.lastCompletedStep === step ? at.seq : at.seq + 1 }),
    ],
    'a passing failure': [report(stepFailed(step, at))],
    'a failure for good': [report(stepFailed(step, at, { retryable: false }))],
    'giving up': [report(stopped(at))],
    'handing back': [report({ ...stopped(at), kind: 'returned' })],
    'the loss of the worker': [{ type: 'DeclareWorkerLost', attempt, workerId, reason: '', alone: true }],
    'the step timer': [{ type: 'ExpireStep', attempt, step }],
    'the retry timer': [{ type: 'EndBackoff', attempt }],
    'the next worker': [
      { type: 'DispatchBuild', pool: 'default' },
      { type: 'ClaimBuild', ...aClaim(next) },
      { type: 'RecordReport', workerId: aWorkerId(2), report: stopped({ attempt: attempt + 1, seq: 1 }) },
    ],
  } satisfies Record<string, readonly BuildJobCommand[]>;
}
type Racer = keyof ReturnType<typeof racersAt>;
const racerNames = Object.keys(racersAt(aBuild().state)) as readonly Racer[];

interface Raced {
  readonly state: BuildJobSnapshot;
  readonly events: readonly BuildJobEvent[];
}

/** Sends a command as the job's actor takes it; one that is refused leaves no event. */
function send(build: Raced, command: BuildJobCommand): Raced {
  const decision = buildJobDecider.decide(command, build.state, aDecisionContext());
  const events = decision.ok ? decision.events : [];
  return { state: replay(buildJobDecider, build.state, events), events: [...build.events, ...events] };
}

const isEnded = ({ state }: Raced) => finalStatuses.has(statusOf(state.value));

/** On to the end by what comes when nothing more goes wrong. */
function settled(raced: Raced): Raced {
  let build = raced;
  while (!isEnded(build)) {
    const { attempt, workerId } = build.state.context;
    const isCancelling = build.state.value === 'cancelling' && workerId !== null;
    const last = { type: 'DeclareWorkerLost', attempt, reason: '', alone: false } as const;
    build = send(build, isCancelling ? { ...last, workerId } : happyCommand(build.state, aBuildRequest()));
  }
  return build;
}

/** That a build ended exactly once, as whoever came first had it, and that nobody moves it any more. */
function expectOneWinner(ended: Raced, commands: readonly BuildJobCommand[]): void {
  const types = ended.events.map(({ type }) => type);
  expect(ended.events.filter(isTerminal)).toHaveLength(1);
  expect(isTerminal({ type: types.at(-1) ?? '' })).toBe(true);
  const asked = types.findIndex((type) => type === 'CancelRequested' || type === 'BuildCancelled');
  expect(types.at(-1) === 'BuildCancelled').toBe(asked !== -1);
  if (types[asked] === 'CancelRequested') expect(types.slice(asked)).toEqual(['CancelRequested', 'BuildCancelled']);
  for (const command of commands) expect(send(ended, command).events).toHaveLength(ended.events.length);
}

describe.each(Object.entries(starts))('a build that is %s', (_, start) => {
  const racers = racersAt(start.state);
  const commands = racerNames.flatMap((name): readonly BuildJobCommand[] => racers[name]);

  test.each(racerNames.filter((name) => name !== 'cancel'))(
    'has one winner of cancel and %s, in either order',
    (other) => {
      const orders: readonly (readonly Racer[])[] = [
        ['cancel', other],
        [other, 'cancel'],
      ];
      for (const order of orders) {
        const sent = order.flatMap((name): readonly BuildJobCommand[] => racers[name]);
        expectOneWinner(settled(sent.reduce<Raced>(send, start)), commands);
      }
    },
  );

  test('has one winner whoever races, in any order, with everything delivered twice or more', () => {
    const schedules = fc.array(fc.constantFrom(...racerNames), { minLength: 1, maxLength: 24, size: 'max' });
    fc.assert(
      fc.property(schedules, (schedule) => {
        const sent = new Map<Racer, number>();
        let build: Raced = start;
        for (const name of schedule) {
          const own: readonly BuildJobCommand[] = racers[name];
          const index = sent.get(name) ?? 0;
          // Whoever has said all that it has to say repeats it from the beginning.
          const command = own[index % own.length];
          if (command !== undefined) build = send(build, command);
          sent.set(name, index + 1);
        }
        expectOneWinner(settled(build), commands);
      }),
      { numRuns: 60 },
    );
  });
});
