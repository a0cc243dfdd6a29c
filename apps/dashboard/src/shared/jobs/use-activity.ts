import { waitingReason } from '@yardmaster/domain';
import type { JobSummary, SystemHealth } from '@yardmaster/protocol';
import { useHealth } from '../health/health-store.ts';
import { displayOf } from './job-display.ts';

/** The reason that every waiting build has while there is no worker. */
const noWorker = waitingReason({ ahead: 0, aheadOfHigherPriority: 0, liveSlots: 0, isMessagingConnected: true });

/** What a build does or waits for. What is told at the top of the page already is not told again with every build. */
export function activityOf(job: JobSummary, health: SystemHealth | null): string | null {
  const { activity } = displayOf(job);
  const isTold = health?.problems.some(({ code }) => code === 'no-workers') === true;
  return isTold && activity === noWorker ? 'Waiting for a worker.' : activity;
}

export const useActivity = (job: JobSummary): string | null => activityOf(job, useHealth());
