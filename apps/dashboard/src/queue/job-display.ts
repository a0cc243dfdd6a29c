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

/** "8 s", "2 min 5 s", "1 h 4 min". */
export function durationText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "just now", "5 min ago", "3 h ago", then the date. */
export function agoText(at: string, nowMs: number): string {
  const minutes = Math.floor((nowMs - Date.parse(at)) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return new Date(at).toLocaleDateString(undefined, { dateStyle: 'medium' });
}

/** "640 B", "1.2 MB". */
export function sizeText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
