import { waitingReason } from '@yardmaster/domain';
import type { HealthProblemCode, JobSummary, SystemHealth } from '@yardmaster/protocol';
import { useHealth } from '../health/health-store.ts';
import { displayOf } from './job-display.ts';

const place = { ahead: 0, aheadOfHigherPriority: 0, liveSlots: 0, isMessagingConnected: true } as const;

/** Reasons that every waiting build has while something is the matter, and what is said where that is told already. */
const sharedReasons: readonly { readonly code: HealthProblemCode; readonly reason: string; readonly brief: string }[] =
  [
    { code: 'no-workers', reason: waitingReason(place), brief: 'Waiting for a worker.' },
    {
      code: 'messaging-unavailable',
      reason: waitingReason({ ...place, isMessagingConnected: false }),
      brief: 'Waiting to be handed to a worker.',
    },
  ];

/** What a build does or waits for. What the head of the page tells is not told again with every build. */
export function activityOf(job: JobSummary, health: SystemHealth | null): string | null {
  const { activity } = displayOf(job);
  const isTold = (code: HealthProblemCode) => health?.problems.some((problem) => problem.code === code) === true;
  const shared = sharedReasons.find(({ code, reason }) => reason === activity && isTold(code));
  return shared?.brief ?? activity;
}

export const useActivity = (job: JobSummary): string | null => activityOf(job, useHealth());
