import type { JobSummary } from '@yardmaster/protocol';
import { Check, ChevronDown } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { menuClass, menuItemClass } from '../../shared/ui/menu.tsx';
import { useFocusInItem } from '../../shared/ui/use-focus-in-item.ts';

/** Highest first, as the queue goes. */
const priorities = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0] as const;

interface PriorityMenuProps {
  readonly job: JobSummary;
  readonly isPending: boolean;
  readonly onChange: (priority: number) => void;
}

/** The priority of a build that waits, for who may change it. */
export function PriorityMenu({ job, isPending, onChange }: PriorityMenuProps) {
  // The build may begin, and its priority not be changed any more, while the menu is open.
  const { ref, onCloseAutoFocus } = useFocusInItem();
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <button
          type="button"
          ref={ref}
          // Not `disabled`, which would take the focus away.
          aria-disabled={isPending || undefined}
          className="-mx-1.5 inline-flex h-6 items-center gap-0.5 rounded-md px-1.5 text-muted transition-colors hover:bg-panel-2 hover:text-fg aria-disabled:opacity-50"
        >
          Priority {job.priority}
          <span className="sr-only">
            {' of '}
            {job.websiteName}, build {job.buildNumber}: change
          </span>
          <ChevronDown className="size-3.5" aria-hidden="true" />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="start"
          sideOffset={4}
          collisionPadding={8}
          loop
          className={menuClass}
          onCloseAutoFocus={onCloseAutoFocus}
        >
          <DropdownMenu.Label className="px-2.5 pt-1 pb-1.5 text-xs text-muted">Higher starts first</DropdownMenu.Label>
          <DropdownMenu.RadioGroup
            value={String(job.priority)}
            onValueChange={(value) => !isPending && onChange(Number(value))}
          >
            {priorities.map((priority) => (
              <DropdownMenu.RadioItem
                key={priority}
                value={String(priority)}
                className={`${menuItemClass} data-highlighted:bg-panel-2`}
              >
                <span className="flex-1 tabular-nums">Priority {priority}</span>
                <DropdownMenu.ItemIndicator>
                  <Check className="size-4 text-accent" aria-hidden="true" />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
