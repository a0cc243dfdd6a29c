import type { JobSummary } from '@yardmaster/protocol';
import { X } from 'lucide-react';
import { Popover } from 'radix-ui';
import { Button } from '../../shared/ui/button.tsx';

interface CancelButtonProps {
  readonly job: JobSummary;
  readonly isPending: boolean;
  readonly onCancel: () => void;
}

/** A build that waits is cancelled at once: nothing is lost. One that is being built asks first. */
export function CancelButton({ job, isPending, onCancel }: CancelButtonProps) {
  const name = `${job.websiteName}, build ${job.buildNumber}`;
  const face = (
    <>
      <X aria-hidden="true" />
      Cancel
      <span className="sr-only"> {name}</span>
    </>
  );
  if (job.status === 'pending' || job.status === 'queued') {
    return (
      <Button size="small" kind="quiet" disabled={isPending} onClick={onCancel}>
        {face}
      </Button>
    );
  }
  return (
    <Popover.Root>
      <Popover.Trigger asChild>
        <Button size="small" kind="quiet" disabled={isPending}>
          {face}
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label={`Cancel ${name}`}
          className="z-50 w-72 max-w-[calc(100vw-1rem)] rounded-panel border border-line bg-panel p-4 shadow-float"
        >
          <p className="font-medium">Cancel this build?</p>
          <p className="mt-1 text-muted text-pretty">Its processes are ended. It can be built again from the start.</p>
          <div className="mt-3 flex justify-end gap-2">
            <Popover.Close asChild>
              <Button size="small">Keep building</Button>
            </Popover.Close>
            <Popover.Close asChild>
              <Button size="small" kind="danger" onClick={onCancel}>
                Cancel build
              </Button>
            </Popover.Close>
          </div>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
