import type { BuildJobEvent, Step, UserId } from '@yardmaster/domain';
import type { Notification } from '@yardmaster/protocol';

/** What notifications say of a job, as it is after the event. */
export interface NotifiedJob {
  readonly ownerId: UserId;
  readonly websiteName: string;
  readonly buildNumber: number;
  readonly previewName: string;
  readonly attempt: number;
  readonly retryOf: string | null;
  /** Null as well when the retried build is not known here. */
  readonly retriedBuildNumber: number | null;
}

interface NotificationText extends Pick<Notification, 'type' | 'title' | 'message'> {
  /** The attempt that it is about: with the job and the type it identifies the notification. */
  readonly attempt: number;
}

const whileDoing: Readonly<Record<Step, string>> = {
  extract: 'while extracting its files',
  install: 'while installing dependencies',
  typecheck: 'while type checking',
  bundle: 'while bundling',
  preview: 'while starting its preview',
};

/** The only events that the owner is told about: for all others nobody has to look up the job. */
export const notifyingEvents: ReadonlySet<BuildJobEvent['type']> = new Set([
  'BuildQueued',
  'BuildClaimed',
  'RetryScheduled',
  'BuildCompleted',
  'BuildFailed',
  'BuildCancelled',
]);

/**
 * What the owner is told about an event; null for most. A retry by hand is told as `retried` in place of `queued`; of
 * an automatic one, only that it will happen: its new start is no news.
 */
export function notificationOf(event: BuildJobEvent, job: NotifiedJob): NotificationText | null {
  const build = `Build #${job.buildNumber} of “${job.websiteName}”`;
  switch (event.type) {
    case 'BuildQueued':
      return job.retryOf === null
        ? { type: 'queued', attempt: 1, title: 'Build queued', message: `${build} is waiting for a worker.` }
        : { type: 'retried', attempt: 1, title: 'Build retried', message: `${build} ${retries(job)}.` };
    case 'BuildClaimed':
      if (event.data.attempt > 1) return null;
      return { type: 'started', attempt: 1, title: 'Build started', message: `${build} has started.` };
    case 'RetryScheduled': {
      const attempt = event.data.attempt + 1;
      const message = `Attempt ${event.data.attempt} of ${lowerFirst(build)} failed. Attempt ${attempt} starts soon.`;
      return { type: 'retried', attempt, title: 'Build will be retried', message };
    }
    case 'BuildCompleted':
      return {
        type: 'completed',
        attempt: job.attempt,
        title: 'Build completed',
        message: `${build} is ready to look at.`,
      };
    case 'BuildFailed': {
      const { step, message, deadLetter } = event.data;
      if (deadLetter) {
        const told = `${build} is set aside: ${lowerFirst(message)} An operator can release it as a new build.`;
        return { type: 'failed', attempt: job.attempt, title: 'Build set aside', message: told };
      }
      const where = step === null ? '' : ` ${whileDoing[step]}`;
      return {
        type: 'failed',
        attempt: job.attempt,
        title: 'Build failed',
        message: `${build} failed${where}: ${message}`,
      };
    }
    case 'BuildCancelled':
      return { type: 'cancelled', attempt: job.attempt, title: 'Build cancelled', message: `${build} was cancelled.` };
    default:
      return null;
  }
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

const retries = ({ retriedBuildNumber }: NotifiedJob) =>
  retriedBuildNumber === null ? 'repeats an earlier one' : `repeats build #${retriedBuildNumber}`;
