import type { JobSummary } from '@yardmaster/protocol';
import { useId } from 'react';
import { api } from '../../shared/api/api.ts';
import { useAction } from '../../shared/api/use-action.ts';
import { useLive } from '../../shared/live/live.ts';
import { useSession } from '../../shared/session/session-context.ts';

const priorities = Array.from({ length: 10 }, (_, priority) => priority);

/** Where a build stands among those that wait. Operators change it as long as the build waits for its turn. */
export function PriorityChoice({ job, isLive }: { readonly job: JobSummary; readonly isLive: boolean }) {
  const { viewer } = useSession();
  const live = useLive();
  const { run, isRunning, trouble } = useAction(live.refresh);
  const troubleId = useId();
  const isWaiting = job.state === 'queued' || job.state === 'backingOff';
  if (!isLive || !isWaiting || viewer.role === 'user') return job.priority;
  return (
    <>
      <select
        aria-label="Priority, 9 is first"
        className="h-6 rounded-md border border-line bg-panel px-1 font-medium"
        value={job.priority}
        // Not `disabled`, which would take the focus away; a second change waits for the first.
        aria-disabled={isRunning || undefined}
        aria-describedby={trouble === null ? undefined : troubleId}
        onChange={({ target }) => run(() => api.changePriority(job.id, Number(target.value)))}
      >
        {priorities.map((priority) => (
          <option key={priority}>{priority}</option>
        ))}
      </select>
      {trouble !== null && (
        <span id={troubleId} role="alert" className="ml-2 text-bad">
          {trouble.message}
        </span>
      )}
    </>
  );
}
