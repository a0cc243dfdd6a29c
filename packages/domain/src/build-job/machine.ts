import { assign, type SnapshotFrom, setup } from 'xstate';
import type { ArtifactId, WorkerId } from '../ids.ts';
import type { Annotation, BuildJobEvent, BuildJobEventOf } from './events.ts';
import { isPoison, type WorkerLoss } from './evidence.ts';
import { completedText, progressAtStep, type Step, startingServerText, startingText, textAtStep } from './steps.ts';

/** Raised with every change of the chart or of an event's schema; see `Decider.machineVersion`. */
export const buildJobMachineVersion = 2;

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly step: Step | null;
  readonly annotations: readonly Annotation[];
}

/** What a build is apart from its state: everything later decisions and views need, nothing more. */
export interface BuildJobContext {
  readonly request: BuildJobEventOf<'BuildRequested'>['data'] | null;
  readonly priority: number;
  /** The attempt that runs or ran last; 0 before the first claim. */
  readonly attempt: number;
  /** How many of the attempts were handed back by workers that went away; they do not count against the limit. */
  readonly returned: number;
  readonly workerId: WorkerId | null;
  readonly workerSession: string | null;
  readonly claimId: string | null;
  readonly leaseMs: number;
  /** The last report of the current attempt that was applied; reports are numbered from 1. */
  readonly reportSeq: number;
  readonly step: Step | null;
  readonly lastCompletedStep: Step | null;
  readonly stepTimeoutMs: number;
  readonly stepDeadlineAt: string | null;
  readonly retryDueAt: string | null;
  readonly progress: number;
  readonly currentStep: string;
  readonly outputArtifactId: ArtifactId | null;
  readonly failure: Failure | null;
  /** The workers that were lost, at most one per attempt. */
  readonly losses: readonly WorkerLoss[];
  /** Whether it ended so that only an operator may have it built again. */
  readonly deadLetter: boolean;
  /** An attempt, not only the last one, ended without its worker's word that nothing of it is left. */
  readonly unproven: boolean;
}

const initialContext: BuildJobContext = {
  request: null,
  priority: 5,
  attempt: 0,
  returned: 0,
  workerId: null,
  workerSession: null,
  claimId: null,
  leaseMs: 0,
  reportSeq: 0,
  step: null,
  lastCompletedStep: null,
  stepTimeoutMs: 0,
  stepDeadlineAt: null,
  retryDueAt: null,
  progress: 0,
  currentStep: '',
  outputArtifactId: null,
  failure: null,
  losses: [],
  deadLetter: false,
  unproven: false,
};

const noWorker = { workerId: null, workerSession: null, claimId: null, step: null, stepDeadlineAt: null } as const;

/**
 * The build-job machine: the one legality table of Yardmaster. Its events are the recorded domain events, so the chart
 * is at once what `decide` asks, what a replay runs and what the dashboard draws. It performs no IO and owns no clock:
 * deadlines are data, and whoever watches them records an event of its own when one has passed.
 */
export const buildJobMachine = setup({
  types: {} as { context: BuildJobContext; events: BuildJobEvent },
  guards: {
    requested: ({ context }) => context.request !== null,
    notRequested: ({ context }) => context.request === null,
    nextAttempt: ({ context, event }) => 'attempt' in event.data && event.data.attempt === context.attempt + 1,
    currentAttempt: ({ context, event }) => 'attempt' in event.data && event.data.attempt === context.attempt,
    stepBegins: ({ context, event }, params: { step: Step }) =>
      event.type === 'StepStarted' &&
      event.data.step === params.step &&
      event.data.step !== context.step &&
      isNextReport(context, event) &&
      context.lastCompletedStep === context.step,
    stepEnds: ({ context, event }) =>
      (event.type === 'StepCompleted' || event.type === 'StepFailed') &&
      event.data.step === context.step &&
      context.lastCompletedStep !== context.step &&
      isNextReport(context, event),
    stepTimesOut: ({ context, event }) =>
      event.type === 'StepTimedOut' &&
      event.data.step === context.step &&
      event.data.attempt === context.attempt &&
      context.lastCompletedStep !== context.step,
    stepDone: ({ context, event }, params: { step: Step }) =>
      context.lastCompletedStep === params.step && isNextReport(context, event),
    workerHolds: ({ context, event }) =>
      (event.type === 'WorkerLost' || event.type === 'AttemptAbandoned' || event.type === 'BuildReturned') &&
      event.data.attempt === context.attempt &&
      event.data.workerId === context.workerId,
    attemptsLeft: ({ context, event }) =>
      event.type === 'RetryScheduled' && event.data.attempt === context.attempt && mayBeTriedAgain(context),
  },
  actions: {
    recordRequest: assign(({ event }) =>
      event.type === 'BuildRequested' ? { request: event.data, priority: event.data.priority } : {},
    ),
    recordPriority: assign(({ event }) => (event.type === 'PriorityChanged' ? { priority: event.data.priority } : {})),
    recordClaim: assign(({ event }) =>
      event.type === 'BuildClaimed'
        ? {
            ...event.data,
            reportSeq: 0,
            step: null,
            lastCompletedStep: null,
            stepDeadlineAt: null,
            retryDueAt: null,
            progress: 0,
            currentStep: startingText,
            outputArtifactId: null,
            failure: null,
          }
        : {},
    ),
    recordStepStart: assign(({ context, event }) =>
      event.type === 'StepStarted'
        ? {
            reportSeq: event.data.seq,
            step: event.data.step,
            stepTimeoutMs: event.data.timeoutMs,
            stepDeadlineAt: event.data.deadlineAt,
            progress: progressAtStep[event.data.step],
            currentStep:
              event.data.step === 'preview' && context.request?.preview === 'dev'
                ? startingServerText
                : textAtStep[event.data.step],
          }
        : {},
    ),
    recordStepEnd: assign(({ event }) =>
      event.type === 'StepCompleted'
        ? { reportSeq: event.data.seq, lastCompletedStep: event.data.step, stepDeadlineAt: null }
        : {},
    ),
    recordOutput: assign(({ event }) =>
      event.type === 'OutputPublished'
        ? { reportSeq: event.data.seq, outputArtifactId: event.data.artifactId, stepDeadlineAt: null }
        : {},
    ),
    recordAttemptFailure: assign(({ context, event }) => ({
      ...noWorker,
      failure: failureOf(event, context.step),
      losses: event.type === 'WorkerLost' ? [...context.losses, { ...event.data, step: context.step }] : context.losses,
      unproven: context.unproven || isUnproven(event),
    })),
    recordRetry: assign(({ event }) =>
      event.type === 'RetryScheduled' ? { retryDueAt: event.data.dueAt, progress: 0, currentStep: '' } : {},
    ),
    recordReturn: assign(({ context, event }) => ({
      ...noWorker,
      unproven: context.unproven || isUnproven(event),
      returned: context.returned + 1,
      progress: 0,
      currentStep: '',
    })),
    recordRetryDue: assign({ retryDueAt: null }),
    recordFailure: assign(({ event }) =>
      event.type === 'BuildFailed'
        ? {
            ...noWorker,
            failure: failureOf(event, event.data.step),
            deadLetter: event.data.deadLetter,
            retryDueAt: null,
          }
        : {},
    ),
    recordCancelled: assign({ ...noWorker, retryDueAt: null }),
    recordCompleted: assign(({ event }) =>
      event.type === 'BuildCompleted'
        ? { ...noWorker, reportSeq: event.data.seq, progress: 100, currentStep: completedText }
        : {},
    ),
  },
}).createMachine({
  id: 'buildJob',
  context: initialContext,
  initial: 'pending',
  states: {
    pending: {
      on: {
        BuildRequested: { guard: 'notRequested', actions: 'recordRequest' },
        BuildQueued: { target: 'queued', guard: 'requested' },
      },
    },
    queued: {
      on: {
        BuildDispatched: { target: 'dispatched', guard: 'nextAttempt' },
        PriorityChanged: { actions: 'recordPriority' },
        BuildCancelled: { target: 'cancelled', actions: 'recordCancelled' },
      },
    },
    dispatched: {
      on: {
        BuildClaimed: { target: 'building', guard: 'nextAttempt', actions: 'recordClaim' },
        DispatchWithdrawn: { target: 'queued', guard: 'nextAttempt' },
        BuildCancelled: { target: 'cancelled', actions: 'recordCancelled' },
      },
    },
    building: {
      initial: 'claimed',
      states: {
        claimed: {
          on: {
            StepStarted: {
              target: 'extracting',
              guard: { type: 'stepBegins', params: { step: 'extract' } },
              actions: 'recordStepStart',
            },
          },
        },
        extracting: {
          on: {
            StepStarted: {
              target: 'installing',
              guard: { type: 'stepBegins', params: { step: 'install' } },
              actions: 'recordStepStart',
            },
          },
        },
        installing: {
          on: {
            StepStarted: {
              target: 'typechecking',
              guard: { type: 'stepBegins', params: { step: 'typecheck' } },
              actions: 'recordStepStart',
            },
          },
        },
        typechecking: {
          on: {
            StepStarted: {
              target: 'bundling',
              guard: { type: 'stepBegins', params: { step: 'bundle' } },
              actions: 'recordStepStart',
            },
          },
        },
        bundling: {
          on: {
            OutputPublished: {
              target: '#buildJob.running',
              guard: { type: 'stepDone', params: { step: 'bundle' } },
              actions: 'recordOutput',
            },
          },
        },
      },
      on: {
        StepCompleted: { guard: 'stepEnds', actions: 'recordStepEnd' },
        StepFailed: { target: 'attemptFailed', guard: 'stepEnds', actions: 'recordAttemptFailure' },
        StepTimedOut: { target: 'attemptFailed', guard: 'stepTimesOut', actions: 'recordAttemptFailure' },
        WorkerLost: { target: 'attemptFailed', guard: 'workerHolds', actions: 'recordAttemptFailure' },
        AttemptAbandoned: { target: 'attemptFailed', guard: 'workerHolds', actions: 'recordAttemptFailure' },
        BuildReturned: { target: 'queued', guard: 'workerHolds', actions: 'recordReturn' },
        CancelRequested: 'cancelling',
      },
    },
    running: {
      on: {
        StepStarted: { guard: { type: 'stepBegins', params: { step: 'preview' } }, actions: 'recordStepStart' },
        StepCompleted: { guard: 'stepEnds', actions: 'recordStepEnd' },
        StepFailed: { target: 'attemptFailed', guard: 'stepEnds', actions: 'recordAttemptFailure' },
        StepTimedOut: { target: 'attemptFailed', guard: 'stepTimesOut', actions: 'recordAttemptFailure' },
        WorkerLost: { target: 'attemptFailed', guard: 'workerHolds', actions: 'recordAttemptFailure' },
        AttemptAbandoned: { target: 'attemptFailed', guard: 'workerHolds', actions: 'recordAttemptFailure' },
        BuildReturned: { target: 'queued', guard: 'workerHolds', actions: 'recordReturn' },
        BuildCompleted: {
          target: 'completed',
          guard: { type: 'stepDone', params: { step: 'preview' } },
          actions: 'recordCompleted',
        },
        CancelRequested: 'cancelling',
      },
    },
    attemptFailed: {
      on: {
        RetryScheduled: { target: 'backingOff', guard: 'attemptsLeft', actions: 'recordRetry' },
        BuildFailed: { target: 'failed', actions: 'recordFailure' },
      },
    },
    backingOff: {
      on: {
        RetryDue: { target: 'queued', guard: 'currentAttempt', actions: 'recordRetryDue' },
        PriorityChanged: { actions: 'recordPriority' },
        BuildCancelled: { target: 'cancelled', actions: 'recordCancelled' },
      },
    },
    cancelling: { on: { BuildCancelled: { target: 'cancelled', actions: 'recordCancelled' } } },
    completed: { type: 'final' },
    failed: { type: 'final' },
    cancelled: { type: 'final' },
  },
});

export type BuildJobSnapshot = SnapshotFrom<typeof buildJobMachine>;

/** True when the attempt at hand may be followed by another one: there is one left, and the build is not poison. */
export function mayBeTriedAgain({ attempt, returned, request, losses }: BuildJobContext): boolean {
  return attempt - returned < (request?.maxAttempts ?? 0) && !isPoison(losses);
}

function isNextReport(context: BuildJobContext, event: BuildJobEvent): boolean {
  return 'seq' in event.data && event.data.attempt === context.attempt && event.data.seq === context.reportSeq + 1;
}

/** A worker that told of an attempt's end had ended it; one that was lost or overdue told nothing. */
function isUnproven(event: BuildJobEvent): boolean {
  switch (event.type) {
    case 'WorkerLost':
    case 'StepTimedOut':
      return true;
    case 'AttemptAbandoned':
    case 'BuildReturned':
      return !event.data.proven;
    default:
      return false;
  }
}

function failureOf(event: BuildJobEvent, step: Step | null): Failure | null {
  switch (event.type) {
    case 'StepFailed':
    case 'BuildFailed': {
      const { code, message, hint, annotations } = event.data;
      return { code, message, hint, step, annotations };
    }
    case 'StepTimedOut':
      return {
        code: 'step-timed-out',
        message: `The step "${event.data.step}" took longer than ${Math.round(event.data.timeoutMs / 1_000)} s.`,
        hint: 'Look at the last lines of the log for what it was waiting for.',
        step,
        annotations: [],
      };
    case 'WorkerLost':
      return {
        code: 'worker-lost',
        message: `The worker ${event.data.workerId} was lost: ${event.data.reason}`,
        hint: null,
        step,
        annotations: [],
      };
    case 'AttemptAbandoned':
      return {
        code: 'attempt-abandoned',
        message: `The worker ${event.data.workerId} could not go on with the attempt and gave it up.`,
        hint: 'Nothing is known to be wrong with the project.',
        step,
        annotations: [],
      };
    default:
      return null;
  }
}
