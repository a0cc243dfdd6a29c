import { Popover } from 'radix-ui';
import type { ComponentProps } from 'react';

/** What a button opens beside itself: goes into a `Popover.Root`, and needs a name. */
export function PopoverWindow({ className = '', ...props }: ComponentProps<typeof Popover.Content>) {
  return (
    <Popover.Portal>
      <Popover.Content
        align="end"
        sideOffset={6}
        collisionPadding={8}
        className={`z-50 max-w-[calc(100vw-1rem)] rounded-panel border border-line bg-panel text-sm shadow-float outline-none motion-safe:animate-[pop-in_120ms_ease-out] ${className}`}
        {...props}
      />
    </Popover.Portal>
  );
}
