import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { JobSummary } from '@yardmaster/protocol';
import { toast } from 'sonner';
import { api, troubleOf } from '../api/api.ts';
import { newIdempotencyKey } from '../api/idempotency-key.ts';
import { useLive } from '../live/live.ts';
import { toastMs } from '../ui/toast-duration.ts';
import { troubleToast } from '../ui/trouble-toast.ts';
import { buildName } from './job-display.ts';
import { createRetryKeys } from './retry-keys.ts';

/** The server's word for a build that its owner may not retry. */
const setAsideCode = 'dead-letter';

/** A build, as far as it is known where something is done to it. */
export type ActedOn = Pick<JobSummary, 'id'> & Partial<Pick<JobSummary, 'websiteName' | 'buildNumber'>>;

interface BuildActionsOptions {
  /** What comes of a retry; without it a toast leads to the new build. */
  readonly onRetried?: (jobId: string) => void;
}

/** One for all places on the page that a build can be retried from. */
const retryKeys = createRetryKeys({ newKey: newIdempotencyKey, nowMs: () => performance.now() });

/** What can be done to a build, wherever. What comes of it is seen where it is shown; what went wrong a toast tells. */
export function useBuildActions({ onRetried }: BuildActionsOptions = {}) {
  const live = useLive();
  const navigate = useNavigate();
  const openBuild = (jobId: string) => void navigate({ to: '/jobs/$jobId', params: { jobId } });
  // Also after a refusal: then the build is not what this page took it for.
  const onSettled = () => live.refresh();
  const cancel = useMutation({
    mutationFn: ({ id }: ActedOn) => api.cancel(id),
    onError: (error, build) => troubleToast(`${nameOf(build)} was not cancelled.`, error),
    onSettled,
  });
  const retry = useMutation({
    mutationFn: ({ id }: ActedOn) => retryKeys.retry(id, (key) => api.retry(id, key)),
    onSuccess({ jobId, queuePosition }, build) {
      if (onRetried !== undefined) return onRetried(jobId);
      toast.success(`${nameOf(build)} was started again`, {
        id: `retried:${jobId}`,
        description: queuePosition === null ? 'It is built right away.' : `Position ${queuePosition} in the queue.`,
        action: { label: 'Open', onClick: () => openBuild(jobId) },
      });
    },
    onError(error, build) {
      if (troubleOf(error).code !== setAsideCode) return troubleToast(`${nameOf(build)} was not started again.`, error);
      toast.error(`${nameOf(build)} was set aside`, {
        description: 'It may bring its workers down, so only an operator or an administrator can have it built again.',
        duration: toastMs('trouble'),
        action: { label: 'See why', onClick: () => openBuild(build.id) },
      });
    },
    onSettled,
  });
  const changePriority = useMutation({
    mutationFn: ({ build, priority }: { readonly build: ActedOn; readonly priority: number }) =>
      api.changePriority(build.id, priority),
    onError: (error, { build }) => troubleToast(`${nameOf(build)} keeps its priority.`, error),
    onSettled,
  });
  return { cancel, retry, changePriority };
}

function nameOf({ websiteName, buildNumber }: ActedOn): string {
  return websiteName === undefined || buildNumber === undefined ? 'The build' : buildName({ websiteName, buildNumber });
}
