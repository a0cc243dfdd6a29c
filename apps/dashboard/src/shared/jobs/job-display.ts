import { finalStatuses, type Status, type Step, steps } from '@yardmaster/domain';
import type { JobSummary } from '@yardmaster/protocol';

export type Tone = 'waiting' | 'working' | 'ok' | 'bad' | 'off';

/** How a build's state is put into words and colour; the icon follows from the tone. */
export interface JobDisplay {
  readonly tone: Tone;
  readonly status: string;
  /** What it does or waits for now; for one that has ended, null. */
  readonly activity: string | null;
  readonly canCancel: boolean;
}

/** "corner-shop #7". */
export const buildName = ({ websiteName, buildNumber }: Pick<JobSummary, 'websiteName' | 'buildNumber'>): string =>
  `${websiteName} #${buildNumber}`;

/** A status on its own, as in a filter. {@link displayOf} says more of one build. */
export const statusNames: Readonly<Record<Status, string>> = {
  pending: 'Pending',
  queued: 'Queued',
  building: 'Building',
  running: 'Checking',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export const toneOfStatus: Readonly<Record<Status, Tone>> = {
  pending: 'waiting',
  queued: 'waiting',
  building: 'working',
  running: 'working',
  completed: 'ok',
  failed: 'bad',
  cancelled: 'off',
};

/** A step of a build, short enough for a label. */
export const stepNames: Readonly<Record<Step, string>> = {
  extract: 'Extract',
  install: 'Install',
  typecheck: 'Type check',
  bundle: 'Bundle',
  preview: 'Preview',
};

/** A step as something that goes on. */
export const stepTitles: Readonly<Record<Step, string>> = {
  extract: 'Extracting files',
  install: 'Installing dependencies',
  typecheck: 'Type checking',
  bundle: 'Bundling',
  preview: 'Checking the preview',
};

export function displayOf(job: JobSummary): JobDisplay {
  const canCancel = !finalStatuses.has(job.status) && job.state !== 'cancelling';
  if (job.state === 'cancelling') {
    return { tone: 'off', status: 'Cancelling', activity: 'Cancelling… ending all processes', canCancel };
  }
  switch (job.status) {
    case 'pending':
      return { tone: 'waiting', status: statusNames.pending, activity: 'Being put into the queue…', canCancel };
    case 'queued':
      return { tone: 'waiting', status: statusNames.queued, activity: waitingText(job), canCancel };
    case 'building':
      return { tone: 'working', status: statusNames.building, activity: job.currentStep, canCancel };
    case 'running':
      return {
        tone: 'working',
        status: statusNames.running,
        activity: 'The preview is up and is being checked…',
        canCancel,
      };
    case 'completed':
      return { tone: 'ok', status: statusNames.completed, activity: null, canCancel };
    case 'failed':
      return { tone: 'bad', status: statusNames.failed, activity: null, canCancel };
    case 'cancelled':
      return { tone: 'off', status: statusNames.cancelled, activity: null, canCancel };
    default:
      return job.status satisfies never;
  }
}

function waitingText({ state, waitingReason }: JobSummary): string {
  if (state === 'backingOff') return 'The last attempt failed; it is tried again after a pause.';
  return waitingReason ?? 'Waiting for its turn.';
}

/** Which of the five steps an attempt is in, from 0; -1 before the first, and null when no attempt is under way. */
export function stepUnderWay({ state, status }: Pick<JobSummary, 'state' | 'status'>): number | null {
  if (status === 'running') return steps.indexOf('preview');
  if (typeof state === 'string') return null;
  return stepStates.indexOf(String(state.building));
}

/** The machine's states within `building` from the first step on. */
const stepStates: readonly string[] = ['extracting', 'installing', 'typechecking', 'bundling'];

/** How long the build took from its first claim to its end, in milliseconds; null when it never began or has not ended. */
export function tookMs({ startedAt, completedAt }: Pick<JobSummary, 'startedAt' | 'completedAt'>): number | null {
  if (startedAt === null || completedAt === null) return null;
  return Math.max(0, Date.parse(completedAt) - Date.parse(startedAt));
}

/** The first line of why a build failed; the rest is on its page. */
export function reasonLine({ error }: Pick<JobSummary, 'error'>): string | null {
  return error === null ? null : (error.message.trim().split('\n', 1)[0] ?? '');
}
