/** Moves the focus to what a page is about, so that a screen reader begins there. */
export function focusPage(): void {
  const main = document.getElementById('main');
  const heading = main?.querySelector('h1') ?? main;
  if (heading === null) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

/**
 * The ref of a control that goes away with what it does, a button that cancels for example. If it has the focus then, the
 * focus is not lost: it goes on to the link of the list's item that it is in, or to the heading of the page.
 */
export function handFocusOn(control: HTMLElement | null): (() => void) | undefined {
  if (control === null) return undefined;
  return () => {
    if (document.activeElement !== control) return;
    const item = control.closest('li');
    queueMicrotask(() => focusItem(item));
  };
}

/** Moves the focus to the link of a list's item, or when that has gone to the heading of the page. */
export function focusItem(item: Element | null): void {
  const link = item?.isConnected === true ? item.querySelector<HTMLElement>('a[href]') : null;
  if (link === null) focusPage();
  else link.focus();
}
