import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { JobSummary } from '@yardmaster/protocol';
import { toast } from 'sonner';
import { api, troubleOf } from '../../shared/api/api.ts';
import { useLive } from '../../shared/live/live.ts';

/** What can be done to a build from a list. What comes of it is seen in the list; what went wrong is told in a toast. */
export function useJobActions({ id, websiteName, buildNumber }: JobSummary) {
  const live = useLive();
  const navigate = useNavigate();
  const build = `${websiteName} #${buildNumber}`;
  const failed = (what: string) => (error: unknown) => {
    const { message, hint } = troubleOf(error);
    toast.error(`${build} ${what}`, { description: [message, hint].filter((text) => text !== null).join(' ') });
  };
  const cancel = useMutation({
    mutationFn: () => api.cancel(id),
    onSuccess: () => live.refresh(),
    onError: failed('was not cancelled'),
  });
  const retry = useMutation({
    mutationFn: () => api.retry(id),
    onSuccess: ({ jobId, queuePosition }) => {
      live.refresh();
      toast.success(`${websiteName} is built again`, {
        description: queuePosition === null ? 'It starts right away.' : `Position ${queuePosition} in the queue.`,
        action: { label: 'Open', onClick: () => void navigate({ to: '/jobs/$jobId', params: { jobId } }) },
      });
    },
    onError: failed('was not built again'),
  });
  const prioritise = useMutation({
    mutationFn: (priority: number) => api.changePriority(id, priority),
    onSuccess: () => live.refresh(),
    onError: failed('keeps its priority'),
  });
  return { cancel, retry, prioritise };
}
