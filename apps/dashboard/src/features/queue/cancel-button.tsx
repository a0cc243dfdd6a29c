import type { JobSummary } from '@yardmaster/protocol';
import { X } from 'lucide-react';
import { Popover } from 'radix-ui';
import { Button } from '../../shared/ui/button.tsx';
import { handFocusOn } from '../../shared/ui/focus-page.ts';
import { PopoverWindow } from '../../shared/ui/popover.tsx';

interface CancelButtonProps {
  readonly job: JobSummary;
  readonly isPending: boolean;
  readonly onCancel: () => void;
}

/** A build that waits is cancelled at once: nothing is lost. One that is being built asks first. */
export function CancelButton({ job, isPending, onCancel }: CancelButtonProps) {
  const name = `${job.websiteName}, build ${job.buildNumber}`;
  const cancel = () => !isPending && onCancel();
  // Not `disabled`, which would take the focus away.
  const button = { ref: handFocusOn, 'aria-disabled': isPending || undefined };
  const face = (
    <>
      <X aria-hidden="true" />
      Cancel
      <span className="sr-only"> {name}</span>
    </>
  );
  if (job.status === 'pending' || job.status === 'queued') {
    return (
      <Button size="small" kind="quiet" {...button} onClick={cancel}>
        {face}
      </Button>
    );
  }
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <Button size="small" kind="quiet" {...button}>
          {face}
        </Button>
      </Popover.Trigger>
      <PopoverWindow aria-label={`Cancel ${name}`} className="w-72 p-4">
        <p className="font-medium">Cancel this build?</p>
        <p className="mt-1 text-muted text-pretty">Its processes are ended. It can be built again from the start.</p>
        <div className="mt-3 flex justify-end gap-2">
          <Popover.Close asChild>
            <Button size="small">Keep building</Button>
          </Popover.Close>
          <Popover.Close asChild>
            <Button size="small" kind="danger" onClick={cancel}>
              Cancel build
            </Button>
          </Popover.Close>
        </div>
      </PopoverWindow>
    </Popover.Root>
  );
}
