import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { JobSummary, UploadAnswer } from '@yardmaster/protocol';
import { ArrowRight, Upload } from 'lucide-react';
import { jobQuery } from '../../shared/api/queries.ts';
import { displayOf } from '../../shared/jobs/job-display.ts';
import { useJobs } from '../../shared/jobs/jobs-context.ts';
import { Button, buttonClass } from '../../shared/ui/button.tsx';
import { OutsideLink } from '../../shared/ui/outside-link.tsx';
import { ProgressBar } from '../../shared/ui/progress-bar.tsx';
import { StatusBadge, StatusIcon } from '../../shared/ui/status-badge.tsx';

interface AcceptedProps {
  readonly answer: UploadAnswer;
  readonly onAnother: () => void;
}

/** The upload is a build now: follows it from its place in the queue to its preview. */
export function Accepted({ answer, onAnother }: AcceptedProps) {
  const { name, buildJobId } = answer.website;
  const job = useJob(buildJobId);
  return (
    <div className="flex flex-col gap-3 rounded-panel border border-line bg-panel p-4 shadow-panel">
      <div className="flex flex-wrap items-center gap-3">
        <div className="flex min-w-0 flex-1 basis-64 items-start gap-3">
          <StatusIcon tone={job === undefined ? 'waiting' : displayOf(job).tone} />
          <div className="min-w-0 flex-1">
            <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <span className="min-w-0 truncate font-medium" title={name}>
                {name}
              </span>
              {job !== undefined && <span className="text-muted">#{job.buildNumber}</span>}
              <BuildBadge job={job} queuePosition={answer.queuePosition} />
            </p>
            <p className="mt-0.5 text-[13px] text-muted wrap-anywhere">{activityOf(job, answer)}</p>
          </div>
        </div>
        <div className="flex flex-wrap gap-2">
          <OutsideLink href={job?.previewUrl ?? null} className={buttonClass({ kind: 'primary', size: 'small' })}>
            Open preview
          </OutsideLink>
          <Link to="/jobs/$jobId" params={{ jobId: buildJobId }} className={buttonClass({ size: 'small' })}>
            Open build
            <ArrowRight aria-hidden="true" />
          </Link>
          <Button size="small" onClick={onAnother}>
            <Upload aria-hidden="true" />
            Upload another
          </Button>
        </div>
      </div>
      {job !== undefined && displayOf(job).tone === 'working' && (
        <ProgressBar percent={job.progress} label={`Progress of ${name}`} />
      )}
    </div>
  );
}

/** Before it is among the builds that are followed, and after ten others have ended since, it is asked for. */
function useJob(id: string): JobSummary | undefined {
  const { active, ended } = useJobs();
  const followed = [...active, ...ended].find((job) => job.id === id);
  const { data } = useQuery({ ...jobQuery(id), enabled: followed === undefined });
  return followed ?? data;
}

interface BuildBadgeProps {
  readonly job: JobSummary | undefined;
  /** As the server said when it took the upload in. */
  readonly queuePosition: number;
}

function BuildBadge({ job, queuePosition }: BuildBadgeProps) {
  if (job === undefined) return <StatusBadge tone="waiting">{`Position ${queuePosition}`}</StatusBadge>;
  const { tone, status } = displayOf(job);
  if (job.queuePosition !== null) return <StatusBadge tone={tone}>{`Position ${job.queuePosition}`}</StatusBadge>;
  return <StatusBadge tone={tone}>{job.status === 'building' ? `${status} ${job.progress} %` : status}</StatusBadge>;
}

/** The answer of the server, until the build is known here. */
function activityOf(job: JobSummary | undefined, answer: UploadAnswer): string {
  if (job === undefined) return answer.message;
  if (job.error !== null) return job.error.message;
  return displayOf(job).activity ?? (job.status === 'completed' ? 'It is ready to look at.' : 'It was cancelled.');
}
