import { type Status, statuses } from '@yardmaster/domain';
import { Check, ChevronDown } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { statusNames, toneOfStatus } from '../../shared/jobs/job-display.ts';
import { buttonClass } from '../../shared/ui/button.tsx';
import { menuClass, menuItemClass } from '../../shared/ui/menu.tsx';
import { StatusIcon } from '../../shared/ui/status-badge.tsx';

interface StatusFilterProps {
  readonly chosen: readonly Status[] | undefined;
  readonly onChange: (chosen: Status[] | undefined) => void;
}

/** Any number of statuses; none chosen means all. */
export function StatusFilter({ chosen = [], onChange }: StatusFilterProps) {
  const toggle = (status: Status) =>
    onChange(statuses.filter((candidate) => chosen.includes(candidate) !== (candidate === status)));
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        className={`${buttonClass()} max-md:flex-auto max-md:justify-between pl-3 pr-2.5 data-[state=open]:bg-panel-2`}
      >
        <span className="sr-only">Status: </span>
        {labelOf(chosen)}
        <ChevronDown className="text-muted" aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="start" sideOffset={6} collisionPadding={8} loop className={menuClass}>
          {statuses.map((status) => (
            <DropdownMenu.CheckboxItem
              key={status}
              checked={chosen.includes(status)}
              onCheckedChange={() => toggle(status)}
              // Stays open: several may be chosen.
              onSelect={(message) => message.preventDefault()}
              className={`${menuItemClass} data-highlighted:bg-panel-2`}
            >
              <StatusIcon tone={toneOfStatus[status]} className="size-4" />
              <span className="flex-1">{statusNames[status]}</span>
              <DropdownMenu.ItemIndicator>
                <Check className="size-4 text-accent" aria-hidden="true" />
              </DropdownMenu.ItemIndicator>
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function labelOf(chosen: readonly Status[]): string {
  const [first] = chosen;
  if (first === undefined) return 'All statuses';
  return chosen.length === 1 ? statusNames[first] : `${chosen.length} statuses`;
}
