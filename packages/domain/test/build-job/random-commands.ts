import {
  type BuildJobCommand,
  type BuildJobSnapshot,
  finalStatuses,
  type Report,
  statusOf,
  steps,
} from '@yardmaster/domain';
import {
  aBuildRequest,
  aClaim,
  aWorkerId,
  happyCommand,
  nextReport,
  outputPublished,
  stepCompleted,
  stepFailed,
  stepStarted,
  stopped,
} from '@yardmaster/testing';
import fc from 'fast-check';

/**
 * One draw of a random life of a build. It says how the command differs from the one that would lead on, so that random
 * lives reach every state and yet leave the path at every point; and it shrinks towards the happy path.
 */
export interface Draw {
  readonly kind: (typeof kinds)[number];
  readonly attemptOffset: number;
  readonly seqOffset: number;
  readonly worker: number;
  readonly claim: number;
  readonly step: (typeof steps)[number];
  readonly retryable: boolean;
  readonly number: number;
  readonly random: number;
}

const reportKinds = [
  'step-started',
  'step-completed',
  'step-failed',
  'output-published',
  'finished',
  'stopped',
  'returned',
] as const satisfies readonly Report['kind'][];

const kinds = [
  'lead-on',
  'RequestBuild',
  'ChangePriority',
  'DispatchBuild',
  'WithdrawDispatch',
  'ClaimBuild',
  ...reportKinds,
  'ExpireStep',
  'DeclareWorkerLost',
  'EndBackoff',
  'CancelBuild',
] as const;

const mostly = <Value>(usual: Value, others: fc.Arbitrary<Value>) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 4 }, { arbitrary: others, weight: 1 });

const draw: fc.Arbitrary<Draw> = fc.record({
  kind: fc.oneof(
    { arbitrary: fc.constant('lead-on' as const), weight: 4 },
    { arbitrary: fc.constantFrom(...kinds), weight: 1 },
  ),
  attemptOffset: mostly(0, fc.integer({ min: -2, max: 2 })),
  seqOffset: mostly(0, fc.integer({ min: -3, max: 3 })),
  worker: mostly(1, fc.constantFrom(1, 2)),
  claim: fc.integer({ min: 1, max: 3 }),
  step: fc.constantFrom(...steps),
  retryable: fc.boolean(),
  number: fc.oneof(fc.nat({ max: 9 }), fc.maxSafeNat()),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

export const draws = fc.array(draw, { maxLength: 80, size: 'max' });

/** What a job with these draws was asked to build. */
export const buildRequests = fc
  .record({
    maxAttempts: fc.integer({ min: 1, max: 4 }),
    priority: fc.nat({ max: 9 }),
    preview: fc.constantFrom('static' as const, 'dev' as const),
  })
  .map((changes) => aBuildRequest(changes));

/** The command that a draw stands for in a state. Its numbers are near the right ones, its parties among the right ones. */
export function commandOf(
  drawn: Draw,
  state: BuildJobSnapshot,
  request: ReturnType<typeof aBuildRequest>,
): BuildJobCommand {
  const { context } = state;
  const attempt = Math.max(1, context.attempt + drawn.attemptOffset);
  const workerId = aWorkerId(drawn.worker);
  switch (drawn.kind) {
    case 'lead-on':
      return finalStatuses.has(statusOf(state.value)) || state.value === 'cancelling' || state.value === 'attemptFailed'
        ? { type: 'CancelBuild', reason: null }
        : happyCommand(state, request);
    case 'RequestBuild':
      return { type: 'RequestBuild', ...request };
    case 'ChangePriority':
      return { type: 'ChangePriority', priority: drawn.number % 10 };
    case 'DispatchBuild':
      return { type: 'DispatchBuild', pool: 'default' };
    case 'WithdrawDispatch':
      return { type: 'WithdrawDispatch', attempt: attempt + 1, reason: '' };
    case 'ClaimBuild':
      return { type: 'ClaimBuild', ...aClaim({ attempt: attempt + 1, workerId, claimId: `claim-${drawn.claim}` }) };
    case 'ExpireStep':
      return { type: 'ExpireStep', attempt, step: drawn.retryable ? (context.step ?? drawn.step) : drawn.step };
    case 'DeclareWorkerLost':
      return { type: 'DeclareWorkerLost', attempt, workerId, reason: '', alone: drawn.retryable };
    case 'EndBackoff':
      return { type: 'EndBackoff', attempt };
    case 'CancelBuild':
      return { type: 'CancelBuild', reason: null };
    default:
      return { type: 'RecordReport', workerId, report: reportOf(drawn.kind, drawn, { state, attempt }) };
  }
}

function reportOf(
  kind: Report['kind'],
  drawn: Draw,
  { state, attempt }: { readonly state: BuildJobSnapshot; readonly attempt: number },
): Report {
  const at = { attempt, seq: Math.max(1, nextReport(state).seq + drawn.seqOffset) };
  const step = drawn.retryable ? (state.context.step ?? drawn.step) : drawn.step;
  switch (kind) {
    case 'step-started':
      return { ...stepStarted(drawn.step, at), timeoutMs: Math.max(1, drawn.number) };
    case 'step-completed':
      return stepCompleted(step, at);
    case 'step-failed':
      return stepFailed(step, at, { retryable: drawn.retryable });
    case 'output-published':
      return outputPublished(at);
    case 'finished':
      return { kind: 'finished', ...at };
    case 'stopped':
      return { ...stopped(at), proven: drawn.retryable };
    case 'returned':
      return { ...stopped(at), kind: 'returned' };
    default:
      return kind satisfies never;
  }
}
