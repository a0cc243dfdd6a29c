import { X } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { buttonClass } from './button.tsx';
import { useReturnFocus } from './use-return-focus.ts';

/** What dims the page under a dialog. */
export const dialogOverlayClass =
  'fixed inset-0 z-40 bg-black/45 data-[state=open]:animate-[fade-in_140ms_ease-out] ' +
  'data-[state=closed]:animate-[fade-out_100ms_ease-in]';

/** The window of a dialog: near the top, so that it does not jump when what is in it grows. */
export const dialogContentClass =
  'fixed top-4 left-1/2 z-50 max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-x-1/2 rounded-panel border ' +
  'border-line bg-panel shadow-float outline-none data-[state=open]:animate-[pop-in_140ms_ease-out] ' +
  'data-[state=closed]:animate-[fade-out_100ms_ease-in] sm:top-[12dvh] sm:max-h-[76dvh]';

interface DialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** One sentence under the title. */
  readonly description?: string;
  readonly children: ReactNode;
  readonly className?: string;
}

/** A window above the page that keeps the focus until it is closed. The whole of it scrolls under its title. */
export function Dialog({ isOpen, onClose, title, description, children, className = 'max-w-lg' }: DialogProps) {
  const returnFocus = useReturnFocus();
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={dialogOverlayClass} />
        <Radix.Content className={`${dialogContentClass} overflow-y-auto ${className}`} {...returnFocus}>
          <div className="sticky top-0 z-10 flex items-start gap-3 bg-panel px-5 pt-4 pb-3">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-base font-semibold text-balance wrap-anywhere">{title}</Radix.Title>
              {description !== undefined && (
                <Radix.Description className="mt-0.5 text-muted text-pretty wrap-anywhere">
                  {description}
                </Radix.Description>
              )}
            </div>
            <Radix.Close asChild>
              {/* Without a tooltip, which would take the first Escape for itself. */}
              <button
                type="button"
                aria-label="Close"
                className={`${buttonClass({ kind: 'quiet', size: 'square' })} -mt-1 -mr-2`}
              >
                <X aria-hidden="true" />
              </button>
            </Radix.Close>
          </div>
          <div className="px-5 pb-5">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
