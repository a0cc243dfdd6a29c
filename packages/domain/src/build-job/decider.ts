import { initialTransition, transition } from 'xstate';
import { accept, type Decider, type Decision, type DecisionContext, reject } from '../decider.ts';
import { versionedEvents } from '../event-versions.ts';
import type { WorkerId } from '../ids.ts';
import type { BuildJobCommand, Report } from './commands.ts';
import { BuildJobEvent, type BuildJobEventOf, terminalEventTypes } from './events.ts';
import { isPoison, type WorkerLoss } from './evidence.ts';
import {
  type BuildJobContext,
  type BuildJobSnapshot,
  buildJobMachine,
  buildJobMachineVersion,
  mayBeTriedAgain,
} from './machine.ts';
import { buildJobUpcasters } from './old-events.ts';
import { retryDelayMs } from './retry-policy.ts';
import { finalStatuses, statusOf } from './status.ts';
import { maxStepTimeoutMs } from './steps.ts';

/**
 * The build job as a decider. `decide` only *proposes*: every event it returns was first accepted by the machine, in
 * order, from the state given. A command that has already taken effect is accepted with no events, so every command may
 * be sent again after an unknown outcome.
 */
export const buildJobDecider: Decider<BuildJobSnapshot, BuildJobCommand, BuildJobEvent> = {
  category: 'buildJob',
  machineVersion: buildJobMachineVersion,
  initialState: () => initialTransition(buildJobMachine)[0],
  decide(command, state, context) {
    const proposal = propose(command, state, context);
    return proposal.ok ? checkedByMachine(proposal.events, state, command) : proposal;
  },
  evolve(state, event) {
    const next = after(state, event);
    if (next === null) {
      return { ok: false, drift: `The machine refuses ${event.type} in ${JSON.stringify(state.value)}.` };
    }
    return { ok: true, state: next };
  },
  stateValue: (state) => state.value,
  ...versionedEvents(BuildJobEvent, buildJobUpcasters),
};

function propose(
  command: BuildJobCommand,
  state: BuildJobSnapshot,
  { now, random }: DecisionContext,
): Decision<BuildJobEvent> {
  const { context } = state;
  switch (command.type) {
    case 'RequestBuild': {
      if (context.request !== null) return accept();
      const { type: _, ...request } = command;
      return accept<BuildJobEvent>({ type: 'BuildRequested', data: request }, { type: 'BuildQueued', data: {} });
    }
    case 'ChangePriority':
      if (context.request !== null && command.priority === context.priority) return accept();
      return accept<BuildJobEvent>({ type: 'PriorityChanged', data: { priority: command.priority } });
    case 'DispatchBuild':
      if (state.value === 'dispatched') return accept();
      return accept<BuildJobEvent>({
        type: 'BuildDispatched',
        data: { attempt: context.attempt + 1, pool: command.pool },
      });
    case 'WithdrawDispatch':
      if (state.value === 'queued') return accept();
      return accept<BuildJobEvent>({
        type: 'DispatchWithdrawn',
        data: { attempt: command.attempt, reason: command.reason },
      });
    case 'ClaimBuild': {
      const { type: _, ...claim } = command;
      const { workerId, attempt, claimId } = context;
      if (claim.claimId === claimId && claim.workerId === workerId && claim.attempt === attempt) return accept();
      return accept<BuildJobEvent>({ type: 'BuildClaimed', data: claim });
    }
    case 'RecordReport':
      return proposeReport(command.report, state, { now, random, workerId: command.workerId });
    case 'ExpireStep':
      return failAttempt(
        {
          type: 'StepTimedOut',
          data: { attempt: command.attempt, step: command.step, timeoutMs: context.stepTimeoutMs },
        },
        state,
        { now, random, retryable: true },
      );
    case 'DeclareWorkerLost':
      if (context.workerId !== command.workerId || context.attempt !== command.attempt) return stale(state);
      if (state.value === 'cancelling') {
        return accept<BuildJobEvent>({ type: 'BuildCancelled', data: { ...nothingToKill, proven: false } });
      }
      return failAttempt(
        {
          type: 'WorkerLost',
          data: {
            attempt: command.attempt,
            workerId: command.workerId,
            reason: command.reason,
            alone: command.alone,
          },
        },
        state,
        { now, random, retryable: true },
      );
    case 'EndBackoff':
      return accept<BuildJobEvent>({ type: 'RetryDue', data: { attempt: command.attempt } });
    case 'CancelBuild': {
      if (state.value === 'cancelling' || state.value === 'cancelled') return accept();
      const held = typeof state.value === 'object' || state.value === 'running';
      return held
        ? accept<BuildJobEvent>({ type: 'CancelRequested', data: { reason: command.reason } })
        : accept<BuildJobEvent>({ type: 'BuildCancelled', data: endWithoutWorker(state) });
    }
    default:
      return command satisfies never;
  }
}

function proposeReport(
  report: Report,
  state: BuildJobSnapshot,
  { workerId, now, random }: DecisionContext & { readonly workerId: WorkerId },
): Decision<BuildJobEvent> {
  const { context } = state;
  if (context.workerId !== workerId || context.attempt !== report.attempt) return stale(state);
  if (state.value === 'cancelling') return proposeWhileCancelling(report, context);
  if (report.seq <= context.reportSeq) return accept();
  if (report.seq > context.reportSeq + 1 && report.kind !== 'stopped' && report.kind !== 'returned') {
    return reject('report-gap', `Report ${report.seq} came before report ${context.reportSeq + 1}.`);
  }
  const { attempt, seq } = report;
  switch (report.kind) {
    case 'step-started': {
      const { kind: _, ...data } = report;
      const timeoutMs = Math.min(report.timeoutMs, maxStepTimeoutMs);
      const deadlineAt = new Date(Date.parse(now) + timeoutMs).toISOString();
      return accept<BuildJobEvent>({ type: 'StepStarted', data: { ...data, timeoutMs, deadlineAt } });
    }
    case 'step-completed': {
      const { kind: _, ...data } = report;
      return accept<BuildJobEvent>({ type: 'StepCompleted', data });
    }
    case 'step-failed': {
      const { kind: _, ...data } = report;
      return failAttempt({ type: 'StepFailed', data }, state, { now, random, retryable: report.retryable });
    }
    case 'output-published': {
      const { kind: _, ...data } = report;
      return accept<BuildJobEvent>({ type: 'OutputPublished', data });
    }
    case 'finished':
      return accept<BuildJobEvent>({ type: 'BuildCompleted', data: { attempt, seq } });
    case 'stopped':
      return failAttempt({ type: 'AttemptAbandoned', data: { attempt, workerId, proven: report.proven } }, state, {
        now,
        random,
        retryable: true,
      });
    case 'returned':
      return accept<BuildJobEvent>({ type: 'BuildReturned', data: { attempt, workerId, proven: report.proven } });
    default:
      return report satisfies never;
  }
}

type Cancellation = BuildJobEventOf<'BuildCancelled'>['data'];

const nothingToKill = { killedProcesses: 0, killed: null } as const;

/** A build that no worker has is cancelled at once. What of it ran before is as certain as the ends of its attempts. */
function endWithoutWorker({ context }: BuildJobSnapshot): Cancellation {
  if (context.attempt > 0) return { ...nothingToKill, proven: !context.unproven };
  return { killedProcesses: 0, proven: true, killed: { processes: [], ports: [], workspaceRemoved: true } };
}

/** After a cancel only the end of the attempt matters; whatever it produced is discarded. */
function proposeWhileCancelling(report: Report, { unproven }: BuildJobContext): Decision<BuildJobEvent> {
  switch (report.kind) {
    case 'stopped':
    case 'returned': {
      const { killedProcesses, killed } = report;
      const proven = report.proven && !unproven;
      return accept<BuildJobEvent>({ type: 'BuildCancelled', data: { killedProcesses, proven, killed } });
    }
    case 'finished':
    case 'step-failed':
      // It had ended by itself, and its worker makes a last report only when nothing of the attempt is left.
      return accept<BuildJobEvent>({ type: 'BuildCancelled', data: { ...nothingToKill, proven: !unproven } });
    case 'step-started':
    case 'step-completed':
    case 'output-published':
      return accept();
    default:
      return report satisfies never;
  }
}

type AttemptFailure = Extract<
  BuildJobEvent,
  { type: 'StepFailed' | 'StepTimedOut' | 'WorkerLost' | 'AttemptAbandoned' }
>;

/** An attempt's failure together with what follows from it: another attempt, or the end. */
function failAttempt(
  failure: AttemptFailure,
  state: BuildJobSnapshot,
  { now, random, retryable }: DecisionContext & { readonly retryable: boolean },
): Decision<BuildJobEvent> {
  const failed = after(state, failure);
  if (failed === null) return refused(state, failure.type);
  const { context } = failed;
  const { attempt } = context;
  if (retryable && mayBeTriedAgain(context)) {
    const delayMs = retryDelayMs({ attempt, random });
    const dueAt = new Date(Date.parse(now) + delayMs).toISOString();
    return accept<BuildJobEvent>(failure, { type: 'RetryScheduled', data: { attempt, delayMs, dueAt } });
  }
  return accept<BuildJobEvent>(failure, { type: 'BuildFailed', data: lastFailure(failure, context) });
}

/** How a build ends with its last attempt's failure. One that lost its worker may do so again: it is set aside. */
function lastFailure(failure: AttemptFailure, { failure: told, losses }: BuildJobContext): BuildFailure {
  if (told === null) throw new Error(`${failure.type} left no failure in the state.`);
  const deadLetter = failure.type === 'WorkerLost';
  const isKiller = deadLetter && isPoison(losses);
  return {
    ...told,
    ...(isKiller && { code: 'poison-build', message: poisonText(losses) }),
    ...(deadLetter && { hint: 'It is set aside. An operator can release it as a new build.' }),
    annotations: [...told.annotations],
    deadLetter,
    losses: [...losses],
  };
}

type BuildFailure = BuildJobEventOf<'BuildFailed'>['data'];

function poisonText(losses: readonly WorkerLoss[]): string {
  const lonely = losses.filter(({ alone }) => alone);
  const named = lonely.map(({ workerId, step }) => `${workerId} (${step ?? 'before its first step'})`);
  return `Its worker was lost ${lonely.length} times while it had this build only: ${named.join(', ')}.`;
}

function checkedByMachine(
  events: readonly BuildJobEvent[],
  state: BuildJobSnapshot,
  command: BuildJobCommand,
): Decision<BuildJobEvent> {
  let current = state;
  for (const event of events) {
    const next = after(current, event);
    if (next === null) return refused(state, command.type);
    current = next;
  }
  return { ok: true, events };
}

/**
 * The state after an event, or null where the machine refuses it: XState returns the very same snapshot for an event that
 * no transition takes, and a new one for any other. The same answer as `can`, at half the cost.
 */
function after(state: BuildJobSnapshot, event: BuildJobEvent): BuildJobSnapshot | null {
  const [next] = transition(buildJobMachine, state, event);
  return next === state ? null : next;
}

function refused(state: BuildJobSnapshot, what: string) {
  const status = statusOf(state.value);
  return finalStatuses.has(status)
    ? reject('build-ended', `The build has already ended: it is ${status}.`)
    : reject('illegal-transition', `A build that is ${status} (${JSON.stringify(state.value)}) refuses ${what}.`);
}

function stale(state: BuildJobSnapshot) {
  return reject('stale-attempt', `This attempt is over; the build is at attempt ${state.context.attempt}.`);
}

/** True for the three events of which a job has exactly one, its last. */
export function isTerminal(event: { readonly type: string }): boolean {
  return (terminalEventTypes as readonly string[]).includes(event.type);
}
