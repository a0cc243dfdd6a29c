import type { JobSummary } from '@yardmaster/protocol';
import { X } from 'lucide-react';
import { Popover } from 'radix-ui';
import type { MouseEvent } from 'react';
import { toneOfStatus } from '../../shared/jobs/job-display.ts';
import { useJobsStore } from '../../shared/jobs/jobs-context.ts';
import { Button } from '../../shared/ui/button.tsx';
import { PopoverWindow } from '../../shared/ui/popover.tsx';
import { useFocusInItem } from '../../shared/ui/use-focus-in-item.ts';

interface CancelButtonProps {
  readonly job: JobSummary;
  readonly isPending: boolean;
  readonly onCancel: () => void;
}

/**
 * A build that waits is cancelled at once: nothing is lost. One that is being built asks first, also when it has begun
 * since the card was drawn: that is decided with the click, by one button for both.
 */
export function CancelButton({ job, isPending, onCancel }: CancelButtonProps) {
  const store = useJobsStore();
  const { ref, onCloseAutoFocus, focusButton } = useFocusInItem();
  const name = `${job.websiteName}, build ${job.buildNumber}`;
  const cancel = () => !isPending && onCancel();
  const clicked = (event: MouseEvent) => {
    if (!isWaiting(store.find(job.id) ?? job)) return;
    event.preventDefault();
    cancel();
  };
  const confirm = () => {
    focusButton();
    cancel();
  };
  return (
    <Popover.Root>
      <Popover.Trigger asChild onClick={clicked} {...(isWaiting(job) && opensNothing)}>
        {/* Not `disabled`, which would take the focus away. */}
        <Button size="small" kind="quiet" ref={ref} aria-disabled={isPending || undefined}>
          <X aria-hidden="true" />
          Cancel
          <span className="sr-only"> {name}</span>
        </Button>
      </Popover.Trigger>
      <PopoverWindow aria-label={`Cancel ${name}`} className="w-72 p-4" onCloseAutoFocus={onCloseAutoFocus}>
        <p className="font-medium">Cancel this build?</p>
        <p className="mt-1 text-muted text-pretty">Its processes are ended. It can be built again from the start.</p>
        <div className="mt-3 flex justify-end gap-2">
          <Popover.Close asChild>
            <Button size="small">Keep building</Button>
          </Popover.Close>
          <Popover.Close asChild>
            <Button size="small" kind="danger" onClick={confirm}>
              Cancel build
            </Button>
          </Popover.Close>
        </div>
      </PopoverWindow>
    </Popover.Root>
  );
}

const isWaiting = ({ status }: JobSummary): boolean => toneOfStatus[status] === 'waiting';

/** What a button says that opens no window. */
const opensNothing = { 'aria-haspopup': undefined, 'aria-expanded': undefined } as const;
