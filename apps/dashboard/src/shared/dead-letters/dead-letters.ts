import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { DeadLetterView } from '@yardmaster/protocol';
import { toast } from 'sonner';
import { api } from '../api/api.ts';
import { newIdempotencyKey } from '../api/idempotency-key.ts';
import { jobQuery } from '../api/queries.ts';
import { buildName } from '../jobs/job-display.ts';
import { createRetryKeys } from '../jobs/retry-keys.ts';
import { useLive } from '../live/live.ts';
import { canOperate } from '../session/can-operate.ts';
import { useSession } from '../session/session-context.ts';
import { troubleToast } from '../ui/trouble-toast.ts';

/** Builds of others do not come by the live connection: whoever looks after them asks this often. */
const askEveryMs = 15_000;

export const deadLettersQuery = queryOptions({
  queryKey: ['dead-letters'],
  queryFn: ({ signal }) => api.deadLetters(signal),
});

/** Builds that were set aside, newest first. Nobody but operators and administrators is told of them. */
export function useDeadLetters({ askAgainMs = askEveryMs }: { readonly askAgainMs?: number } = {}) {
  const { viewer } = useSession();
  return useQuery({ ...deadLettersQuery, enabled: canOperate(viewer), refetchInterval: askAgainMs });
}

export const isWaiting = ({ releasedAs }: Pick<DeadLetterView, 'releasedAs'>): boolean => releasedAs === null;

/** How many wait for a person to look at them. */
export const waitingCount = (deadLetters: readonly DeadLetterView[] = []): number =>
  deadLetters.filter(isWaiting).length;

/** The build that was set aside, as far as it is known where it is released. */
export type Released = Pick<DeadLetterView, 'jobId' | 'websiteName' | 'buildNumber'>;

/** One for all places on the page that a build can be released from. */
const releaseKeys = createRetryKeys({ newKey: newIdempotencyKey, nowMs: () => performance.now() });

/** Releases a build that was set aside as a new one, and leads there. */
export function useRelease() {
  const client = useQueryClient();
  const live = useLive();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: ({ jobId }: Released) => releaseKeys.retry(jobId, (key) => api.releaseDeadLetter(jobId, key)),
    onSuccess({ jobId, queuePosition }, released) {
      toast.success(`${buildName(released)} was released as a new build`, {
        id: `released:${jobId}`,
        description: queuePosition === null ? 'It is built right away.' : `Position ${queuePosition} in the queue.`,
        action: { label: 'Open', onClick: () => void navigate({ to: '/jobs/$jobId', params: { jobId } }) },
      });
    },
    onError: (error, released) => troubleToast(`${buildName(released)} was not released.`, error),
    // Also after a refusal: somebody else may have been quicker.
    onSettled(_answer, _error, { jobId }) {
      live.refresh();
      void client.invalidateQueries({ queryKey: jobQuery(jobId).queryKey });
      return client.invalidateQueries({ queryKey: deadLettersQuery.queryKey });
    },
  });
}
