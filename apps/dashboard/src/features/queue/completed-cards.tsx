import type { JobSummary } from '@yardmaster/protocol';
import { exactDurationText } from '../../shared/format/quantities.ts';
import { displayOf, reasonLine, tookMs } from '../../shared/jobs/job-display.ts';
import { Ago } from '../../shared/ui/ago.tsx';
import { handFocusOn } from '../../shared/ui/focus-page.ts';
import { StatusBadge } from '../../shared/ui/status-badge.tsx';
import { CompletedActions } from './completed-actions.tsx';
import { JobLink } from './job-link.tsx';

/** Ended builds where it is too narrow for a table. */
export function CompletedCards({ jobs }: { readonly jobs: readonly JobSummary[] }) {
  return (
    <ul className="divide-y divide-line">
      {jobs.map((job) => (
        <CompletedCard key={job.id} job={job} />
      ))}
    </ul>
  );
}

function CompletedCard({ job }: { readonly job: JobSummary }) {
  const { tone, status } = displayOf(job);
  const took = tookMs(job);
  const reason = reasonLine(job);
  return (
    <li ref={handFocusOn} className="relative flex flex-col gap-2 px-4 py-3">
      <JobLink job={job} />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-muted">
        <StatusBadge tone={tone}>{status}</StatusBadge>
        {took !== null && <span className="tabular-nums">{exactDurationText(took)}</span>}
        {job.completedAt !== null && <Ago at={job.completedAt} />}
      </div>
      {reason !== null && <p className="line-clamp-2 text-[13px] text-muted wrap-anywhere">{reason}</p>}
      <div className="mt-1">
        <CompletedActions job={job} />
      </div>
    </li>
  );
}
