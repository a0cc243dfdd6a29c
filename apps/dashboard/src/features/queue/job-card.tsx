import { finalStatuses } from '@yardmaster/domain';
import type { JobSummary } from '@yardmaster/protocol';
import { memo } from 'react';
import { durationText, exactDurationText } from '../../shared/format/quantities.ts';
import { displayOf, reasonLine, tookMs } from '../../shared/jobs/job-display.ts';
import { useActivity } from '../../shared/jobs/use-activity.ts';
import { useBuildActions } from '../../shared/jobs/use-build-actions.ts';
import { useSession } from '../../shared/session/session-context.ts';
import { handFocusOn } from '../../shared/ui/focus-page.ts';
import { StatusBadge } from '../../shared/ui/status-badge.tsx';
import { CancelButton } from './cancel-button.tsx';
import { Elapsed } from './elapsed.tsx';
import { JobLink } from './job-link.tsx';
import { PreviewLink } from './preview-link.tsx';
import { PriorityMenu } from './priority-menu.tsx';
import { sameJob } from './same-job.ts';
import { StepProgress } from './step-progress.tsx';

/**
 * A build under way, or one that ended while somebody was pointing at it. Draws anew only when its own build changes; out
 * of sight it is not laid out.
 */
export const JobCard = memo(function JobCard({ job }: { readonly job: JobSummary }) {
  const { role } = useSession().viewer;
  const { tone, status, canCancel } = displayOf(job);
  const mayPrioritise = role !== 'user' && (job.state === 'queued' || job.state === 'backingOff');
  return (
    <li
      ref={handFocusOn}
      className="relative [content-visibility:auto] [contain-intrinsic-block-size:auto_4.5rem] grid grid-cols-[minmax(0,1fr)_auto] gap-x-6 gap-y-2 px-4 py-3 transition-colors hover:bg-panel-2/50 md:grid-cols-[minmax(0,5fr)_minmax(0,6fr)_6rem] md:items-center"
    >
      <div className="min-w-0">
        <JobLink job={job} />
        <div className="mt-1 flex min-h-6 flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
          <StatusBadge tone={tone}>{status}</StatusBadge>
          <Times job={job} />
          {job.attempt > 1 && <span className="font-medium text-warn">Attempt {job.attempt}</span>}
          {mayPrioritise ? <Priority job={job} /> : <span>Priority {job.priority}</span>}
        </div>
      </div>
      <Activity job={job} />
      <Actions job={job} canCancel={canCancel} />
    </li>
  );
});

const Priority = memo(
  function Priority({ job }: { readonly job: JobSummary }) {
    const { changePriority } = useBuildActions();
    return (
      <span className="relative z-1">
        <PriorityMenu
          job={job}
          isPending={changePriority.isPending}
          onChange={(priority) => changePriority.mutate({ build: job, priority })}
        />
      </span>
    );
  },
  sameJob('id', 'websiteName', 'buildNumber', 'priority'),
);

interface ActionsProps {
  readonly job: JobSummary;
  readonly canCancel: boolean;
}

const Actions = memo(
  function Actions({ job, canCancel }: ActionsProps) {
    const { cancel } = useBuildActions();
    return (
      <div className="relative z-1 flex justify-end max-md:-mt-1 max-md:-mr-2 max-md:items-start">
        {canCancel && <CancelButton job={job} isPending={cancel.isPending} onCancel={() => cancel.mutate(job)} />}
        <PreviewLink job={job} />
      </div>
    );
  },
  sameJob('id', 'websiteName', 'buildNumber', 'status', 'previewUrl'),
);

function Times({ job }: { readonly job: JobSummary }) {
  const took = tookMs(job);
  if (took !== null) return <span className="tabular-nums">{exactDurationText(took)}</span>;
  if (finalStatuses.has(job.status)) return null;
  return <Elapsed since={job.startedAt ?? job.createdAt} />;
}

/** Under the rest on a phone, and in the middle where it is wide. */
const activityClass = 'min-w-0 max-md:order-last max-md:col-span-2';

/** What it does, and how far it is; for one that waits its place and why. */
function Activity({ job }: { readonly job: JobSummary }) {
  const { tone } = displayOf(job);
  const activity = useActivity(job);
  if (tone === 'working') {
    const text = activity === null || activity === '' ? 'Starting…' : activity;
    return (
      <div className={activityClass}>
        <div className="mb-2 flex items-baseline gap-3">
          <span className="min-w-0 flex-1 truncate">{text}</span>
          <Remaining job={job} />
          <span className="text-xs text-muted tabular-nums">{Math.round(job.progress)} %</span>
        </div>
        <StepProgress job={job} text={text} label={`Progress of ${job.websiteName}, build ${job.buildNumber}`} />
      </div>
    );
  }
  return (
    <div className={`${activityClass} text-muted`}>
      {job.queuePosition !== null && <p className="font-medium text-fg tabular-nums">Position {job.queuePosition}</p>}
      {activity !== null && <p className="text-pretty">{activity}</p>}
      {job.error !== null && <p className="truncate text-bad">{reasonLine(job)}</p>}
    </div>
  );
}

function Remaining({ job: { estimatedTimeRemaining } }: { readonly job: JobSummary }) {
  if (estimatedTimeRemaining === null) return null;
  return (
    <span className="text-xs whitespace-nowrap text-muted tabular-nums">
      about {durationText(estimatedTimeRemaining.ms)} left
    </span>
  );
}
