import type { ReactNode } from 'react';
import { agoText, durationText, exactDurationText } from '../../shared/format/quantities.ts';
import { BuildLink } from '../../shared/jobs/build-link.tsx';
import { buildName, displayOf } from '../../shared/jobs/job-display.ts';
import { useActivity } from '../../shared/jobs/use-activity.ts';
import { useSession } from '../../shared/session/session-context.ts';
import { ProgressBar } from '../../shared/ui/progress-bar.tsx';
import { StatusBadge } from '../../shared/ui/status-badge.tsx';
import { useNow } from '../../shared/ui/use-now.ts';
import { type BuildAt, elapsedAt } from './build-at.ts';
import { estimateText } from './build-texts.ts';
import { PriorityChoice } from './priority-choice.tsx';

interface BuildHeaderProps {
  readonly build: BuildAt;
  readonly actions: ReactNode;
}

/** Which build this is, how it stands, and what can be done about it. */
export function BuildHeader({ build, actions }: BuildHeaderProps) {
  const { job } = build;
  const display = displayOf(job);
  return (
    <header className="flex flex-col gap-3">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <div className="flex min-w-0 flex-1 basis-80 flex-wrap items-center gap-x-3 gap-y-1.5">
          <h1 className="min-w-0 text-2xl font-semibold tracking-tight wrap-anywhere">
            {job.websiteName} <span className="font-normal text-muted">#{job.buildNumber}</span>
          </h1>
          <StatusBadge tone={display.tone}>{display.status}</StatusBadge>
        </div>
        {actions}
      </div>
      <Facts build={build} />
      <Going build={build} />
    </header>
  );
}

/** How far a build under way is, or what it waits for. */
function Going({ build: { job } }: { readonly build: BuildAt }) {
  const { tone } = displayOf(job);
  const activity = useActivity(job);
  if (activity === null || job.state === 'attemptFailed') return null;
  const { queuePosition, estimatedTimeRemaining } = job;
  return (
    <div className="flex flex-col gap-2 rounded-panel border border-line bg-panel px-4 py-3 shadow-panel">
      <p className="flex flex-wrap items-baseline gap-x-2 gap-y-1">
        {queuePosition !== null && (
          <span className="font-semibold tabular-nums">Position {queuePosition} in the queue</span>
        )}
        <span className={queuePosition === null ? 'font-medium' : 'text-muted'}>{activity}</span>
        {estimatedTimeRemaining !== null && (
          <span className="text-muted tabular-nums">{estimateText(estimatedTimeRemaining)}</span>
        )}
        {tone === 'working' && <span className="ml-auto font-medium tabular-nums">{job.progress} %</span>}
      </p>
      {tone === 'working' && <ProgressBar percent={job.progress} label={`Progress of ${buildName(job)}`} />}
    </div>
  );
}

/** Who, when, how long, and with what. */
function Facts({ build }: { readonly build: BuildAt }) {
  const { job, request, workerId, isLive } = build;
  return (
    <dl className="flex flex-wrap gap-x-5 gap-y-1.5 text-[13px] text-muted [&_dd]:text-fg [&_div]:flex [&_div]:items-center [&_div]:gap-1.5">
      <Times build={build} />
      {request !== null && <RequestedBy userId={request.userId} />}
      {request !== null && (
        <div>
          <dt>Source</dt>
          <dd className="max-w-60 truncate" title={request.source.originalName}>
            {request.source.originalName}
          </dd>
        </div>
      )}
      {job.attempt > 0 && (
        <div>
          <dt>Attempt</dt>
          <dd className="tabular-nums">
            {job.attempt}
            {request !== null && job.attempt <= request.maxAttempts && ` of ${request.maxAttempts}`}
          </dd>
        </div>
      )}
      <div>
        <dt>Priority</dt>
        <dd className="tabular-nums">
          <PriorityChoice job={job} isLive={isLive} />
        </dd>
      </div>
      {workerId !== null && (
        <div>
          <dt>Worker</dt>
          <dd className="max-w-60 truncate">{workerId}</dd>
        </div>
      )}
      {job.retryOf !== null && (
        <div>
          <dt>Again from</dt>
          <dd>
            <BuildLink jobId={job.retryOf} otherwise="an earlier build" />
          </dd>
        </div>
      )}
    </dl>
  );
}

function Times({ build: { job, asOfMs } }: { readonly build: BuildAt }) {
  const nowMs = useNow();
  const { word, ms } = elapsedAt(job, asOfMs ?? nowMs);
  return (
    <>
      <div>
        <dt>{word}</dt>
        <dd className="tabular-nums">{job.completedAt === null ? durationText(ms) : exactDurationText(ms)}</dd>
      </div>
      <div>
        <dt>Requested</dt>
        <dd>
          <time dateTime={job.createdAt} title={new Date(job.createdAt).toLocaleString()}>
            {agoText(job.createdAt, nowMs)}
          </time>
        </dd>
      </div>
    </>
  );
}

function RequestedBy({ userId }: { readonly userId: string }) {
  const { viewer } = useSession();
  return (
    <div>
      <dt>by</dt>
      <dd className="max-w-40 truncate">{userId === viewer.id ? 'you' : userId}</dd>
    </div>
  );
}
