import type { JobSummary } from '@yardmaster/protocol';
import { Ban, CircleCheck, Hourglass } from 'lucide-react';
import { useSession } from '../../shared/session/session-context.ts';
import { buttonClass } from '../../shared/ui/button.tsx';
import { CopyButton } from '../../shared/ui/copy-button.tsx';
import { OutsideLink } from '../../shared/ui/outside-link.tsx';
import type { BuildAt, Cancel } from './build-at.ts';
import { FailurePanel, RetryNote } from './failure-panel.tsx';

interface OutcomeProps {
  readonly build: BuildAt;
  /** As it is now, whichever moment is shown. */
  readonly latest: JobSummary;
}

/**
 * What came of the build by the moment looked at. Where that has not come yet but is known today, its place is kept, so
 * that what is below stays under the pointer that scrubs.
 */
export function Outcome({ build, latest }: OutcomeProps) {
  const { job, failure, cancel, isLive } = build;
  if (cancel !== null) return <CancelNote cancel={cancel} />;
  if (failure !== null) {
    // For a moment it is open whether there will be another attempt.
    const goesOn = job.status !== 'failed' && job.state !== 'attemptFailed';
    return goesOn ? <RetryNote build={build} failure={failure} /> : <FailurePanel failure={failure} />;
  }
  if (job.previewUrl !== null) return <PreviewCard job={job} url={job.previewUrl} />;
  if (!isLive && latest.completedAt !== null) return <NotYet />;
  if (job.status === 'completed') return <PreviewGone />;
  return null;
}

function PreviewCard({ job, url }: { readonly job: JobSummary; readonly url: string }) {
  return (
    <section
      aria-labelledby="preview"
      className="flex flex-wrap items-center gap-x-4 gap-y-3 rounded-panel border border-line bg-panel p-4 shadow-panel"
    >
      <span className="grid size-10 shrink-0 place-items-center rounded-full bg-ok-soft text-ok">
        <CircleCheck className="size-5" aria-hidden="true" />
      </span>
      <div className="min-w-0 flex-1 basis-56">
        <h2 id="preview" className="text-sm font-semibold">
          {job.status === 'completed' ? 'The preview is up' : 'The preview is up and is being checked'}
        </h2>
        <p className="font-mono text-[13px] text-muted wrap-anywhere">{url}</p>
      </div>
      <div className="flex items-center gap-2">
        <CopyButton label="Copy the address of the preview" text={url} />
        <OutsideLink href={url} className={buttonClass()} note="the preview, in a new tab">
          Open
        </OutsideLink>
      </div>
    </section>
  );
}

function PreviewGone() {
  return (
    <Note
      icon={<CircleCheck className="size-4 text-muted" aria-hidden="true" />}
      title="Its preview is not up any more"
    >
      Rebuild it to see it again.
    </Note>
  );
}

function CancelNote({ cancel: { by, reason, end } }: { readonly cancel: Cancel }) {
  const { viewer } = useSession();
  const who = by?.kind !== 'user' ? '' : by.userId === viewer.id ? ' by you' : ` by ${by.userId}`;
  return (
    <Note
      icon={<Ban className="size-4 text-warn" aria-hidden="true" />}
      title={end === null ? `Cancel requested${who}` : `Cancelled${who}`}
    >
      {reason !== null && <span className="block wrap-anywhere">Reason: {reason}</span>}
      {endText(end)}
    </Note>
  );
}

function endText(end: Cancel['end']): string {
  if (end === null) return 'Its processes are being ended.';
  if (!end.proven) return 'The worker was lost before it could confirm that nothing of the build runs on.';
  if (end.killedProcesses === 0) return 'Nothing of it runs on.';
  const processes = end.killedProcesses === 1 ? '1 process was' : `${end.killedProcesses} processes were`;
  return `${processes} ended; nothing of it runs on.`;
}

/** Fills the place that is kept for what came later, where there is any to fill. */
function NotYet() {
  return (
    <div className="-mt-4 min-h-0 flex-1 basis-0 overflow-hidden pt-4 [container-type:size]">
      <p className="hidden h-full items-center justify-center gap-2 rounded-panel border border-dashed border-line-strong text-muted [@container(min-height:3rem)]:flex">
        <Hourglass className="size-4 shrink-0" aria-hidden="true" />
        How it ended lies after this moment.
      </p>
    </div>
  );
}

interface NoteProps {
  readonly icon: React.ReactNode;
  readonly title: string;
  readonly children: React.ReactNode;
}

function Note({ icon, title, children }: NoteProps) {
  return (
    <section
      aria-labelledby="outcome"
      className="flex items-start gap-3 rounded-panel border border-line bg-panel p-4 shadow-panel"
    >
      <span className="mt-0.5 shrink-0">{icon}</span>
      <div className="min-w-0">
        <h2 id="outcome" className="text-sm font-semibold">
          {title}
        </h2>
        <div className="text-muted">{children}</div>
      </div>
    </section>
  );
}
