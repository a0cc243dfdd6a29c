import { finalStatuses } from '@yardmaster/domain';
import type { JobSummary } from '@yardmaster/protocol';
import { Download, Ellipsis, ExternalLink, Hash, Link2, RotateCw, Terminal, X } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { apiPath } from '../../shared/api/api.ts';
import { buildName, displayOf } from '../../shared/jobs/job-display.ts';
import { useBuildActions } from '../../shared/jobs/use-build-actions.ts';
import { Button, buttonClass, IconButton } from '../../shared/ui/button.tsx';
import { CopyButton, copyText } from '../../shared/ui/copy-button.tsx';
import { Dialog } from '../../shared/ui/dialog.tsx';
import { handFocusOn } from '../../shared/ui/focus-page.ts';
import { Menu } from '../../shared/ui/menu.tsx';
import { OutsideLink } from '../../shared/ui/outside-link.tsx';
import { attempt } from '../../shared/ui/trouble-toast.ts';
import { curlForEvents } from './build-texts.ts';
import { cancelButtonId } from './cancel-button-id.ts';
import { pastNoteId } from './moment-bar.tsx';
import { saveLog } from './save-log.ts';

interface BuildActionsProps {
  /** The build as it is now, whichever moment is shown. */
  readonly job: JobSummary;
  /** The past is shown: nothing can be done about it. */
  readonly isPast: boolean;
  /** It is not retried like others: what can be done about it is told with why it failed. */
  readonly isSetAside: boolean;
  readonly onRetried: (jobId: string) => void;
}

/** What can be done about a build. In the past the buttons stay where they are, and say why they do nothing. */
export function BuildActions({ job, isPast, isSetAside, onRetried }: BuildActionsProps) {
  const { cancel, retry } = useBuildActions({ onRetried });
  const isRunning = cancel.isPending || retry.isPending;
  const [isAsking, setAsking] = useState(false);
  const { canCancel } = displayOf(job);
  // Not `disabled`, which would take the focus from the one that was pressed.
  const busy = isRunning ? { 'aria-disabled': true } : {};
  const past = isPast ? { 'aria-disabled': true, 'aria-describedby': pastNoteId, title: 'Go back to live first.' } : {};
  return (
    <div className="flex min-w-0 flex-col items-end gap-2 max-sm:w-full max-sm:items-start">
      {/* On a phone, where buttons are larger, all of them still fit in one row. */}
      <div className="flex flex-wrap items-center gap-2 max-sm:gap-1.5">
        {job.previewUrl !== null && <PreviewLink job={job} url={job.previewUrl} isPast={isPast} />}
        {canCancel && (
          <Button
            id={cancelButtonId}
            ref={handFocusOn}
            {...busy}
            onClick={() => !isPast && !isRunning && setAsking(true)}
            {...past}
          >
            <X aria-hidden="true" />
            Cancel
          </Button>
        )}
        {finalStatuses.has(job.status) && !isSetAside && (
          <Button
            kind={job.status === 'completed' ? 'plain' : 'primary'}
            className="max-sm:px-2.5"
            ref={handFocusOn}
            {...busy}
            onClick={() => !isPast && !isRunning && retry.mutate(job)}
            {...past}
          >
            <RotateCw className={retry.isPending ? 'motion-safe:animate-spin' : ''} aria-hidden="true" />
            {job.status === 'completed' ? 'Rebuild' : 'Retry'}
          </Button>
        )}
        <CopyButton
          icon={Link2}
          label={isPast ? 'Copy a link to this moment' : 'Copy a link to this build'}
          text={() => location.href}
        />
        <MoreActions job={job} />
      </div>
      <Dialog
        isOpen={isAsking && canCancel}
        onClose={() => setAsking(false)}
        title={`Cancel ${buildName(job)}?`}
        description={
          isWaiting(job)
            ? 'It leaves the queue. It can be built again later.'
            : 'Its processes are ended, and what it has built so far is thrown away. It can be built again later.'
        }
      >
        <div className="flex flex-wrap justify-end gap-2 pt-2">
          <Button onClick={() => setAsking(false)}>{isWaiting(job) ? 'Keep waiting' : 'Keep building'}</Button>
          <Button
            kind="danger"
            onClick={() => {
              setAsking(false);
              cancel.mutate(job);
            }}
          >
            Cancel the build
          </Button>
        </div>
      </Dialog>
    </div>
  );
}

const isWaiting = ({ status }: JobSummary): boolean => status === 'pending' || status === 'queued';

interface PreviewLinkProps extends Pick<BuildActionsProps, 'job' | 'isPast'> {
  readonly url: string;
}

const narrowPreviewClass = 'max-sm:px-2.5 max-sm:[&>svg]:hidden';

function PreviewLink({ job, url, isPast }: PreviewLinkProps) {
  if (isPast) {
    return (
      <Button
        kind="primary"
        className={narrowPreviewClass}
        aria-disabled="true"
        aria-describedby={pastNoteId}
        title="Go back to live first."
      >
        Open preview
        <ExternalLink aria-hidden="true" />
      </Button>
    );
  }
  return (
    <OutsideLink
      href={url}
      className={`${buttonClass({ kind: 'primary' })} ${narrowPreviewClass}`}
      note={`of ${job.websiteName}, in a new tab`}
    >
      Open preview
    </OutsideLink>
  );
}

function MoreActions({ job }: Pick<BuildActionsProps, 'job'>) {
  const eventsPath = `${apiPath}/jobs/${encodeURIComponent(job.id)}/events`;
  return (
    <Menu
      label="More actions"
      trigger={
        <IconButton label="More actions">
          <Ellipsis aria-hidden="true" />
        </IconButton>
      }
      items={[
        {
          label: 'Download the log',
          icon: Download,
          onSelect: () => attempt(saveLog(job), 'The log was not downloaded.'),
        },
        'separator',
        { label: 'Copy the build’s id', icon: Hash, onSelect: () => void copy(job.id) },
        {
          label: 'Copy curl for its events',
          icon: Terminal,
          onSelect: () => void copy(curlForEvents(location.origin, eventsPath)),
        },
      ]}
    />
  );
}

/** The menu is gone when it is done: a toast says how it went. */
async function copy(text: string): Promise<void> {
  if (await copyText(text)) toast.success('Copied');
  else toast.error('The browser did not allow copying.');
}
