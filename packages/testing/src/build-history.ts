import assert from 'node:assert/strict';
import {
  type BuildJobCommand,
  type BuildJobEvent,
  type BuildJobSnapshot,
  type BuildRequest,
  buildJobDecider,
  type Claim,
  type KillEvidence,
  type Report,
  type Step,
  statusOf,
  steps,
} from '@yardmaster/domain';
import { aBuildRequest, aDecisionContext, anArtifactId, aWorkerId } from './fixtures.ts';
import { replay } from './specification.ts';

/**
 * The history of one build, made only by asking the decider, so one that could not happen cannot be built: every method
 * throws where the build refuses the command. Values are immutable; each method returns a longer history.
 */
export interface BuildHistory {
  readonly events: readonly BuildJobEvent[];
  readonly state: BuildJobSnapshot;
  /** Any command at all, which must lead to events. */
  command(command: BuildJobCommand): BuildHistory;
  /** On to the named place, by way of everything that comes before it when all goes well. */
  queued(): BuildHistory;
  dispatched(): BuildHistory;
  claimed(): BuildHistory;
  inStep(step: Step): BuildHistory;
  stepDone(step: Step): BuildHistory;
  running(): BuildHistory;
  completed(): BuildHistory;
  /** What goes otherwise. */
  withdrawn(): BuildHistory;
  stepFailed(failure?: Partial<ReportOf<'step-failed'>>): BuildHistory;
  timedOut(): BuildHistory;
  workerLost(loss?: { readonly alone: boolean }): BuildHistory;
  gaveUp(): BuildHistory;
  gaveBack(): BuildHistory;
  cancelled(): BuildHistory;
  stopped(proof?: Partial<Pick<ReportOf<'stopped'>, 'killedProcesses' | 'proven' | 'killed'>>): BuildHistory;
}

export type ReportOf<Kind extends Report['kind']> = Extract<Report, { kind: Kind }>;

/** A build before anything happened; `request` says how it will be requested. */
export function aBuild(request: Partial<BuildRequest> = {}): BuildHistory {
  return history([], buildJobDecider.initialState(), aBuildRequest(request));
}

function history(events: readonly BuildJobEvent[], state: BuildJobSnapshot, request: BuildRequest): BuildHistory {
  const { context } = state;
  const { attempt, workerId, step } = context;

  function command(asked: BuildJobCommand): BuildHistory {
    const decision = buildJobDecider.decide(asked, state, aDecisionContext());
    assert(decision.ok, decision.ok ? '' : `${asked.type}: ${decision.rejection.message}`);
    assert(decision.events.length > 0, `${asked.type} has taken effect already.`);
    return history([...events, ...decision.events], replay(buildJobDecider, state, decision.events), request);
  }

  function onTo(reached: (state: BuildJobSnapshot) => boolean): BuildHistory {
    let current = history(events, state, request);
    while (!reached(current.state)) current = current.command(happyCommand(current.state, request));
    return current;
  }

  return {
    events,
    state,
    command,
    queued: () => onTo(({ value }) => value === 'queued'),
    dispatched: () => onTo(({ value }) => value === 'dispatched'),
    claimed: () => onTo((at) => at.matches({ building: 'claimed' })),
    inStep: (wanted) => onTo((at) => at.context.step === wanted && at.context.lastCompletedStep !== wanted),
    stepDone: (wanted) => onTo((at) => at.context.lastCompletedStep === wanted),
    running: () => onTo(({ value }) => value === 'running'),
    completed: () => onTo(({ value }) => value === 'completed'),
    withdrawn: () => command({ type: 'WithdrawDispatch', attempt: attempt + 1, reason: 'No worker claimed it.' }),
    stepFailed: (failure) => command(reportFrom(state, stepFailed(step ?? 'extract', nextReport(state), failure))),
    timedOut: () => command({ type: 'ExpireStep', attempt, step: step ?? 'extract' }),
    workerLost: ({ alone } = { alone: false }) =>
      command({
        type: 'DeclareWorkerLost',
        attempt,
        workerId: workerId ?? aWorkerId(),
        reason: 'It fell silent.',
        alone,
      }),
    gaveUp: () => command(reportFrom(state, stopped(nextReport(state)))),
    gaveBack: () => command(reportFrom(state, { ...stopped(nextReport(state)), kind: 'returned' })),
    cancelled: () => command({ type: 'CancelBuild', reason: null }),
    stopped: (proof) => command(reportFrom(state, { ...stopped(nextReport(state)), ...proof })),
  };
}

/** The command that leads on when all goes well. Throws where a build has ended. */
export function happyCommand(state: BuildJobSnapshot, request: BuildRequest): BuildJobCommand {
  const { attempt } = state.context;
  switch (statusOf(state.value)) {
    case 'pending':
      return { type: 'RequestBuild', ...request };
    case 'queued':
      if (state.value === 'queued') return { type: 'DispatchBuild', pool: 'default' };
      if (state.value === 'backingOff') return { type: 'EndBackoff', attempt };
      return { type: 'ClaimBuild', ...aClaim({ attempt: attempt + 1 }) };
    case 'building':
    case 'running':
      return reportFrom(state, happyReport(state));
    case 'completed':
    case 'failed':
    case 'cancelled':
      throw new Error(`Nothing leads on from ${JSON.stringify(state.value)}.`);
  }
}

function happyReport(state: BuildJobSnapshot): Report {
  const { step, lastCompletedStep } = state.context;
  const at = nextReport(state);
  if (step !== null && step !== lastCompletedStep) return stepCompleted(step, at);
  if (step === 'bundle' && state.value !== 'running') return outputPublished(at);
  const next = steps[step === null ? 0 : steps.indexOf(step) + 1];
  return next === undefined ? { kind: 'finished', ...at } : stepStarted(next, at);
}

/** The attempt and number that a state's next report carries. */
export function nextReport({ context }: BuildJobSnapshot): Pick<Report, 'attempt' | 'seq'> {
  return { attempt: context.attempt, seq: context.reportSeq + 1 };
}

/** A report as the worker that holds the build sends it. */
export function reportFrom(state: BuildJobSnapshot, report: Report): BuildJobCommand {
  return { type: 'RecordReport', workerId: state.context.workerId ?? aWorkerId(), report };
}

export function aClaim(changes: Partial<Claim> = {}): Claim {
  const attempt = changes.attempt ?? 1;
  return {
    attempt,
    workerId: aWorkerId(),
    workerSession: 'session-1',
    claimId: `claim-${attempt}`,
    leaseMs: 15_000,
    ...changes,
  };
}

type ReportNumber = Pick<Report, 'attempt' | 'seq'>;
const usage = { durationMs: 1_200, exitCode: 0, cpuMs: 900, peakMemoryBytes: 64_000_000 };

/** How long the examples' steps may take, in milliseconds. */
export const aStepTimeoutMs = 60_000;

export function stepStarted(step: Step, at: ReportNumber): ReportOf<'step-started'> {
  return { kind: 'step-started', ...at, step, timeoutMs: aStepTimeoutMs };
}

export function stepCompleted(step: Step, at: ReportNumber): ReportOf<'step-completed'> {
  return { kind: 'step-completed', ...at, step, outcome: 'done', detail: null, ...usage };
}

export function stepFailed(
  step: Step,
  at: ReportNumber,
  failure: Partial<ReportOf<'step-failed'>> = {},
): ReportOf<'step-failed'> {
  return {
    kind: 'step-failed',
    ...at,
    step,
    code: 'registry-unreachable',
    message: 'The registry did not answer.',
    hint: 'Try again later.',
    retryable: true,
    annotations: [],
    ...usage,
    exitCode: 1,
    ...failure,
  };
}

export function outputPublished(at: ReportNumber): ReportOf<'output-published'> {
  return { kind: 'output-published', ...at, artifactId: anArtifactId(2), files: 12, sizeBytes: 40_000, spa: true };
}

/** What a worker finds that had nothing to kill. */
export const nothingKilled: KillEvidence = { processes: [], ports: [], workspaceRemoved: true };

export function stopped(at: ReportNumber): ReportOf<'stopped'> {
  return { kind: 'stopped', ...at, killedProcesses: 0, proven: true, killed: nothingKilled };
}
