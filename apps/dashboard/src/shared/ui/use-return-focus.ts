import { useRef } from 'react';
import { focusPage } from './focus-page.ts';

/**
 * For a Radix dialog that is opened without a trigger of its own, which would leave the focus nowhere: it goes back to
 * where it was, or to the button of the menu that it was in, or, when that has gone, to the heading of the page.
 */
export function useReturnFocus() {
  const before = useRef<HTMLElement | null>(null);
  return {
    /** As `onOpenAutoFocus`. The window itself gets the focus; a field in it may have taken it with `autoFocus`. */
    onOpenAutoFocus: (event: Event): void => {
      before.current = focusedNow();
      event.preventDefault();
      if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
    },
    /** As `onCloseAutoFocus`. */
    onCloseAutoFocus: (event: Event): void => {
      event.preventDefault();
      if (before.current?.isConnected === true) before.current.focus();
      else focusPage();
    },
  };
}

function focusedNow(): HTMLElement | null {
  const focused = document.activeElement;
  const menuButton = focused?.closest('[role=menu]')?.getAttribute('aria-labelledby');
  const element = menuButton == null ? focused : document.getElementById(menuButton);
  return element instanceof HTMLElement ? element : null;
}
