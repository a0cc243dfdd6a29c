import type { JobSummary } from '@yardmaster/protocol';
import { useBuildActions } from '../../shared/jobs/use-build-actions.ts';
import { useSession } from '../../shared/session/session-context.ts';

const priorities = Array.from({ length: 10 }, (_, priority) => priority);

/** Where a build stands among those that wait. Operators change it as long as the build waits for its turn. */
export function PriorityChoice({ job, isLive }: { readonly job: JobSummary; readonly isLive: boolean }) {
  const { viewer } = useSession();
  const { changePriority } = useBuildActions();
  const isWaiting = job.state === 'queued' || job.state === 'backingOff';
  if (!isLive || !isWaiting || viewer.role === 'user') return job.priority;
  return (
    <select
      aria-label="Priority, 9 is first"
      className="h-6 rounded-md border border-line bg-panel px-1 font-medium"
      value={job.priority}
      // Not `disabled`, which would take the focus away; a second change waits for the first.
      aria-disabled={changePriority.isPending || undefined}
      onChange={({ target }) =>
        !changePriority.isPending && changePriority.mutate({ build: job, priority: Number(target.value) })
      }
    >
      {priorities.map((priority) => (
        <option key={priority}>{priority}</option>
      ))}
    </select>
  );
}
