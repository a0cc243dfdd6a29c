import { finalStatuses } from '@yardmaster/domain';
import type { BuildError, JobSummary } from '@yardmaster/protocol';
import { Ban, ChevronDown, CircleCheck, CircleX, Clock, ExternalLink, LoaderCircle, RotateCw, X } from 'lucide-react';
import { memo, useState } from 'react';
import { api } from '../../shared/api/api.ts';
import { useAction } from '../../shared/api/use-action.ts';
import { agoText, durationText } from '../../shared/format/quantities.ts';
import { displayOf, type JobDisplay, type Tone } from '../../shared/jobs/job-display.ts';
import { ProgressBar } from '../../shared/ui/progress-bar.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';
import { useNow } from '../../shared/ui/use-now.ts';
import { BuildDetails } from './build-details.tsx';

interface BuildRowProps {
  readonly job: JobSummary;
  readonly onChanged: () => void;
}

/** One build: what it is, how far it got, what can be done about it; its log on demand. */
export const BuildRow = memo(function BuildRow({ job, onChanged }: BuildRowProps) {
  const [isOpen, setOpen] = useState(false);
  const display = displayOf(job);
  const isUnderWay = !finalStatuses.has(job.status);
  const { run, isRunning, trouble } = useAction(onChanged);
  const detailsId = `details-${job.id}`;
  return (
    <li className="build">
      <div className="build-line">
        <ToneIcon tone={display.tone} />
        <div className="build-what">
          <p className="build-title">
            <span className="build-name">{job.websiteName}</span>
            <span className="muted">#{job.buildNumber}</span>
            <span className={`status status-${display.tone}`}>{display.status}</span>
            {job.queuePosition !== null && <span className="chip">Position {job.queuePosition}</span>}
            {job.attempt > 1 && <span className="chip chip-warn">Attempt {job.attempt}</span>}
          </p>
          <p className="build-meta">
            {display.activity !== null && <span className="build-activity">{display.activity}</span>}
            <BuildTimes job={job} />
          </p>
        </div>
        <div className="build-actions">
          {job.previewUrl !== null && (
            <a className="button button-soft" href={job.previewUrl} target="_blank" rel="noopener noreferrer">
              Preview
              <ExternalLink className="icon" aria-hidden="true" />
              <span className="visually-hidden">of {job.websiteName}, opens in a new tab</span>
            </a>
          )}
          <JobAction job={job} display={display} isRunning={isRunning} run={run} />
          <button
            type="button"
            className="button button-quiet button-icon"
            aria-expanded={isOpen}
            aria-controls={detailsId}
            onClick={() => setOpen(!isOpen)}
          >
            <ChevronDown className={isOpen ? 'icon icon-flipped' : 'icon'} aria-hidden="true" />
            <span className="visually-hidden">Log of {job.websiteName}</span>
          </button>
        </div>
      </div>
      {display.tone === 'working' && <ProgressBar percent={job.progress} label={`Progress of ${job.websiteName}`} />}
      {job.error !== null && <ErrorNote error={job.error} isFinal={!isUnderWay} />}
      {trouble !== null && <TroubleNote trouble={trouble} />}
      {isOpen && <BuildDetails id={detailsId} job={job} isUnderWay={isUnderWay} />}
    </li>
  );
});

interface JobActionProps {
  readonly job: JobSummary;
  readonly display: JobDisplay;
  readonly isRunning: boolean;
  readonly run: (action: () => Promise<unknown>) => void;
}

function JobAction({ job, display, isRunning, run }: JobActionProps) {
  if (display.canCancel) {
    return (
      <button
        type="button"
        className="button button-compact"
        disabled={isRunning}
        onClick={() => run(() => api.cancel(job.id))}
      >
        <X className="icon" aria-hidden="true" />
        <span className="hides-when-narrow">Cancel</span>
        <span className="visually-hidden">{job.websiteName}</span>
      </button>
    );
  }
  if (job.status !== 'failed' && job.status !== 'cancelled') return null;
  return (
    <button
      type="button"
      className="button button-compact"
      disabled={isRunning}
      onClick={() => run(() => api.retry(job.id))}
    >
      <RotateCw className="icon" aria-hidden="true" />
      <span className="hides-when-narrow">Retry</span>
      <span className="visually-hidden">{job.websiteName}</span>
    </button>
  );
}

/** Why a build failed, or why its last attempt did while another is to come. */
function ErrorNote({ error, isFinal }: { readonly error: BuildError; readonly isFinal: boolean }) {
  return (
    <div className={isFinal ? 'build-error' : 'build-error build-error-past'}>
      <p>{error.message}</p>
      {error.hint !== null && <p className="build-hint">{error.hint}</p>}
    </div>
  );
}

function BuildTimes({ job: { createdAt, startedAt, completedAt } }: { readonly job: JobSummary }) {
  const nowMs = useNow();
  if (completedAt !== null) {
    const took = startedAt === null ? null : durationText(Date.parse(completedAt) - Date.parse(startedAt));
    return (
      <time className="muted numbers" dateTime={completedAt} title={new Date(completedAt).toLocaleString()}>
        {took === null ? '' : `${took} · `}
        {agoText(completedAt, nowMs)}
      </time>
    );
  }
  const since = startedAt ?? createdAt;
  return <span className="muted numbers">{durationText(nowMs - Date.parse(since))}</span>;
}

function ToneIcon({ tone }: { readonly tone: Tone }) {
  const Icon = toneIcons[tone];
  return <Icon className={`icon tone-${tone}`} aria-hidden="true" />;
}

const toneIcons = { waiting: Clock, working: LoaderCircle, ok: CircleCheck, bad: CircleX, off: Ban } as const;
