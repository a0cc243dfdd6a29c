import { useRef, useState } from 'react';
import { focusItem, handFocusOn, isFocusLost, itemOf } from './focus-page.ts';

/**
 * For a button in an item of a list that opens a Radix window or menu, and may go while that is open, with what it does:
 * then the focus, which would have gone back to it, goes to the item's link, and is never lost.
 */
export function useFocusInItem() {
  const button = useRef<HTMLElement | null>(null);
  const item = useRef<Element | null>(null);
  // The same function always: React takes another one for another ref, and calls this one's clean-up.
  const [ref] = useState(() => (element: HTMLElement | null) => {
    if (element === null) return undefined;
    button.current = element;
    item.current = itemOf(element);
    return handFocusOn(element);
  });
  return {
    /** Of the button. */
    ref,
    /** Of the window or the menu. */
    onCloseAutoFocus: (event: Event): void => {
      if (button.current?.isConnected !== false) return;
      event.preventDefault();
      if (isFocusLost()) focusItem(item.current);
    },
    /**
     * Gives the button the focus now, and not, as Radix does, a moment after the window has closed: nothing has the focus
     * in that moment, so that a list lets go of an item which it keeps only as long as the focus is in it.
     */
    focusButton: (): void => button.current?.focus(),
  };
}
