import type { JobSummary } from '@yardmaster/protocol';
import { CircleCheck, Hourglass } from 'lucide-react';
import { buttonClass } from '../../shared/ui/button.tsx';
import { CopyButton } from '../../shared/ui/copy-button.tsx';
import { OutsideLink } from '../../shared/ui/outside-link.tsx';
import type { BuildAt } from './build-at.ts';
import { CancelNote } from './cancel-note.tsx';
import { FailurePanel, RetryNote } from './failure-panel.tsx';
import { Note } from './note.tsx';
import { SetAside } from './set-aside.tsx';

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
  const { job, failure, cancel, setAside, isLive } = build;
  if (cancel !== null) return <CancelNote cancel={cancel} hadWorker={job.attempt > 0} />;
  if (failure !== null) {
    // For a moment it is open whether there will be another attempt.
    const goesOn = job.status !== 'failed' && job.state !== 'attemptFailed';
    if (goesOn) return <RetryNote build={build} failure={failure} />;
    return (
      <FailurePanel failure={failure} setAside={setAside === null ? null : <SetAside job={job} losses={setAside} />} />
    );
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
