import {
  type BuildJobCommand,
  BuildJobEvent,
  type BuildJobSnapshot,
  buildJobDecider,
  type Step,
} from '@yardmaster/domain';
import {
  aBuild,
  aBuildRequest,
  aClaim,
  aDecisionContext,
  aWorkerId,
  nextReport,
  outputPublished,
  replay,
  reportFrom,
  stepCompleted,
  stepFailed,
  stepStarted,
  stopped,
} from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

/**
 * The whole law on one page: what each command, sent by the right party about the current attempt, comes to in each state.
 * Rows and columns are complete; a change of the machine shows here before it shows anywhere else.
 */
const states: Readonly<Record<string, BuildJobSnapshot>> = {
  pending: aBuild().state,
  requested: replay(buildJobDecider, aBuild().state, aBuild().queued().events.slice(0, 1)),
  queued: aBuild().queued().state,
  dispatched: aBuild().dispatched().state,
  claimed: aBuild().claimed().state,
  extracting: aBuild().inStep('extract').state,
  installing: aBuild().inStep('install').state,
  typechecking: aBuild().inStep('typecheck').state,
  bundling: aBuild().inStep('bundle').state,
  bundled: aBuild().stepDone('bundle').state,
  running: aBuild().inStep('preview').state,
  checked: aBuild().stepDone('preview').state,
  attemptFailed: stateAfterFailure(),
  backingOff: aBuild().inStep('install').stepFailed().state,
  requeued: aBuild().inStep('install').stepFailed().queued().state,
  cancelling: aBuild().inStep('install').cancelled().state,
  completed: aBuild().completed().state,
  failed: aBuild().inStep('install').stepFailed({ retryable: false }).state,
  cancelled: aBuild().queued().cancelled().state,
};

/** The state between a failure and what follows from it. Both are appended together, so only a replay stops here. */
function stateAfterFailure(): BuildJobSnapshot {
  const { events } = aBuild().inStep('install').stepFailed();
  return replay(buildJobDecider, buildJobDecider.initialState(), events.slice(0, -1));
}

const commands: Readonly<Record<string, (state: BuildJobSnapshot) => BuildJobCommand>> = {
  request: () => ({ type: 'RequestBuild', ...aBuildRequest() }),
  prioritise: () => ({ type: 'ChangePriority', priority: 9 }),
  dispatch: () => ({ type: 'DispatchBuild', pool: 'default' }),
  withdraw: ({ context }) => ({ type: 'WithdrawDispatch', attempt: context.attempt + 1, reason: '' }),
  claim: ({ context }) => ({ type: 'ClaimBuild', ...aClaim({ attempt: context.attempt + 1, claimId: 'new' }) }),
  'begin step': (at) => reportFrom(at, stepStarted(nextStep(at), nextReport(at))),
  'end step': (at) => reportFrom(at, stepCompleted(at.context.step ?? 'extract', nextReport(at))),
  'fail step': (at) => reportFrom(at, stepFailed(at.context.step ?? 'extract', nextReport(at))),
  publish: (at) => reportFrom(at, outputPublished(nextReport(at))),
  finish: (at) => reportFrom(at, { kind: 'finished', ...nextReport(at) }),
  'give up': (at) => reportFrom(at, stopped(nextReport(at))),
  'give back': (at) => reportFrom(at, { ...stopped(nextReport(at)), kind: 'returned' }),
  'time out': ({ context }) => ({ type: 'ExpireStep', attempt: context.attempt, step: context.step ?? 'extract' }),
  'lose worker': ({ context }) => ({
    type: 'DeclareWorkerLost',
    attempt: context.attempt,
    workerId: context.workerId ?? aWorkerId(),
    reason: '',
    alone: true,
  }),
  'end back-off': ({ context }) => ({ type: 'EndBackoff', attempt: context.attempt }),
  cancel: () => ({ type: 'CancelBuild', reason: null }),
};

const stepAfter: Readonly<Record<Step, Step>> = {
  extract: 'install',
  install: 'typecheck',
  typecheck: 'bundle',
  bundle: 'preview',
  preview: 'preview',
};
function nextStep({ context }: BuildJobSnapshot): Step {
  return context.step === null ? 'extract' : stepAfter[context.step];
}

function outcome(command: BuildJobCommand, state: BuildJobSnapshot): string {
  const decision = buildJobDecider.decide(command, state, aDecisionContext());
  if (!decision.ok) return decision.rejection.code === 'illegal-transition' ? 'illegal' : decision.rejection.code;
  return decision.events.map(({ type }) => type).join(' + ') || 'nothing';
}

const retried = (failure: string) => `${failure} + RetryScheduled`;
/** What the commands come to unless a row says otherwise. */
const unclaimed = {
  request: 'nothing',
  prioritise: 'illegal',
  dispatch: 'illegal',
  withdraw: 'illegal',
  claim: 'illegal',
  'begin step': 'stale-attempt',
  'end step': 'stale-attempt',
  'fail step': 'stale-attempt',
  publish: 'stale-attempt',
  finish: 'stale-attempt',
  'give up': 'stale-attempt',
  'give back': 'stale-attempt',
  'time out': 'illegal',
  'lose worker': 'stale-attempt',
  'end back-off': 'illegal',
  cancel: 'illegal',
};
const waiting = { ...unclaimed, prioritise: 'PriorityChanged', cancel: 'BuildCancelled' };
const held = {
  ...unclaimed,
  'begin step': 'illegal',
  'end step': 'illegal',
  'fail step': 'illegal',
  publish: 'illegal',
  finish: 'illegal',
  'give up': retried('AttemptAbandoned'),
  'give back': 'BuildReturned',
  'lose worker': retried('WorkerLost'),
  cancel: 'CancelRequested',
};
const inStep = {
  ...held,
  'end step': 'StepCompleted',
  'fail step': retried('StepFailed'),
  'time out': retried('StepTimedOut'),
};
const ended = {
  ...unclaimed,
  prioritise: 'build-ended',
  dispatch: 'build-ended',
  withdraw: 'build-ended',
  claim: 'build-ended',
  'time out': 'build-ended',
  'end back-off': 'build-ended',
  cancel: 'build-ended',
};

const law: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  pending: { ...unclaimed, request: 'BuildRequested + BuildQueued' },
  requested: unclaimed,
  queued: { ...waiting, dispatch: 'BuildDispatched', withdraw: 'nothing' },
  dispatched: {
    ...waiting,
    prioritise: 'illegal',
    dispatch: 'nothing',
    withdraw: 'DispatchWithdrawn',
    claim: 'BuildClaimed',
  },
  claimed: { ...held, 'begin step': 'StepStarted' },
  extracting: inStep,
  installing: inStep,
  typechecking: inStep,
  bundling: inStep,
  bundled: { ...held, publish: 'OutputPublished' },
  running: inStep,
  checked: { ...held, finish: 'BuildCompleted' },
  attemptFailed: unclaimed,
  backingOff: { ...waiting, 'end back-off': 'RetryDue' },
  requeued: { ...waiting, dispatch: 'BuildDispatched', withdraw: 'nothing' },
  cancelling: {
    ...unclaimed,
    'begin step': 'nothing',
    'end step': 'nothing',
    publish: 'nothing',
    'fail step': 'BuildCancelled',
    finish: 'BuildCancelled',
    'give up': 'BuildCancelled',
    'give back': 'BuildCancelled',
    'lose worker': 'BuildCancelled',
    cancel: 'nothing',
  },
  completed: ended,
  failed: ended,
  cancelled: { ...ended, cancel: 'nothing' },
};

describe('every command in every state', () => {
  test.each(Object.entries(states))('%s', (name, state) => {
    const outcomes = Object.entries(commands).map(([command, of]) => [command, outcome(of(state), state)]);
    expect(Object.fromEntries(outcomes)).toEqual(law[name]);
  });

  test('a build that has ended takes no event of any type', () => {
    const everyEvent = [
      ...aBuild().inStep('install').stepFailed().cancelled().events,
      ...aBuild().inStep('install').cancelled().stopped().events,
      ...aBuild().dispatched().withdrawn().events,
      ...aBuild().queued().command({ type: 'ChangePriority', priority: 9 }).events,
      ...aBuild().inStep('install').timedOut().events,
      ...aBuild().inStep('install').gaveBack().events,
      ...aBuild().inStep('install').gaveUp().events,
      ...aBuild({ maxAttempts: 1 }).inStep('install').workerLost().events,
      ...aBuild().inStep('install').stepFailed().completed().events,
    ];
    const types = BuildJobEvent.options.map(({ shape }) => shape.type.value);
    expect(new Set(everyEvent.map(({ type }) => type))).toEqual(new Set(types));
    for (const name of ['completed', 'failed', 'cancelled']) {
      const state = states[name];
      for (const event of everyEvent) {
        expect(state && buildJobDecider.evolve(state, event)).toMatchObject({ ok: false });
      }
    }
  });
});
