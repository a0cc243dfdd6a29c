import { JobSummary } from '@yardmaster/protocol';

/** A build as the server would send it: queued, unless told otherwise. */
export function jobSummary(given: Partial<JobSummary> & { readonly id: string }): JobSummary {
  return JobSummary.parse({
    websiteId: 'website-1',
    websiteName: 'Corner shop',
    buildNumber: 1,
    status: 'queued',
    state: 'queued',
    revision: 1,
    progress: 0,
    currentStep: '',
    priority: 5,
    effectivePriority: 5,
    queuePosition: 1,
    waitingReason: null,
    estimatedTimeRemaining: null,
    attempt: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    startedAt: null,
    completedAt: null,
    previewUrl: null,
    error: null,
    notificationSent: false,
    retryOf: null,
    ...given,
  });
}

export function endedJob(id: string, completedAt: string): JobSummary {
  return jobSummary({ id, status: 'completed', state: 'completed', queuePosition: null, completedAt });
}
