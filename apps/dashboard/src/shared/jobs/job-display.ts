import { finalStatuses } from '@yardmaster/domain';
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

export function displayOf(job: JobSummary): JobDisplay {
  const canCancel = !finalStatuses.has(job.status) && job.state !== 'cancelling';
  if (job.state === 'cancelling') {
    return { tone: 'off', status: 'Cancelling', activity: 'Ending its processes…', canCancel };
  }
  switch (job.status) {
    case 'pending':
      return { tone: 'waiting', status: 'Pending', activity: 'Being put into the queue…', canCancel };
    case 'queued':
      return { tone: 'waiting', status: 'Queued', activity: waitingText(job), canCancel };
    case 'building':
      return { tone: 'working', status: 'Building', activity: job.currentStep, canCancel };
    case 'running':
      return { tone: 'working', status: 'Checking', activity: 'The preview is up and is being checked…', canCancel };
    case 'completed':
      return { tone: 'ok', status: 'Completed', activity: null, canCancel };
    case 'failed':
      return { tone: 'bad', status: 'Failed', activity: null, canCancel };
    case 'cancelled':
      return { tone: 'off', status: 'Cancelled', activity: null, canCancel };
    default:
      return job.status satisfies never;
  }
}

function waitingText({ state, waitingReason }: JobSummary): string {
  if (state === 'backingOff') return 'The last attempt failed; it is tried again after a pause.';
  return waitingReason ?? 'Waiting for its turn.';
}
