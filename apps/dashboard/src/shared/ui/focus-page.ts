/** Moves the focus to what a page is about, so that a screen reader begins there. */
export function focusPage(): void {
  const main = document.getElementById('main');
  focusText(main?.querySelector('h1') ?? main);
}

/**
 * The ref of what goes away with what it does or shows: a button that cancels, a build of a list. If the focus is in it
 * then, the focus is not lost. It goes to the link of the list's item that it was in, of the next item when that has gone
 * too, or of the one before; then to the heading of the part of the page, or of the page.
 */
export function handFocusOn(leaving: HTMLElement | null): (() => void) | undefined {
  if (leaving === null) return undefined;
  return () => {
    if (!leaving.contains(document.activeElement)) return;
    const item = itemOf(leaving);
    const heirs = item === null ? [] : [item, ...neighboursOf(item)];
    const part = leaving.closest('section');
    queueMicrotask(() => {
      // Of a button and the item that it is in, which go together, the first has done it.
      if (!isFocusLost()) return;
      const link = heirs.map(linkOf).find((each) => each !== null);
      const heading = part?.isConnected === true ? part.querySelector('h2') : null;
      if (link !== undefined) link.focus({ preventScroll: true });
      else if (heading !== null) focusText(heading);
      else focusPage();
    });
  };
}

/** What of a list or a table something is in. */
export function itemOf(element: Element): Element | null {
  return element.closest('li, tr');
}

/** Moves the focus to the link of a list's item, or when that has gone to the heading of the page. */
export function focusItem(item: Element | null): void {
  const link = item === null ? null : linkOf(item);
  if (link === null) focusPage();
  else link.focus();
}

/** Whether nothing has the focus: what had it was removed. */
export function isFocusLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

function linkOf(item: Element): HTMLElement | null {
  return item.isConnected ? item.querySelector<HTMLElement>('a[href]') : null;
}

/** Those after it, then those before it, the nearest first. */
function neighboursOf(item: Element): readonly Element[] {
  const all = [...(item.parentElement?.children ?? [])];
  const at = all.indexOf(item);
  return [...all.slice(at + 1), ...all.slice(0, at).reverse()];
}

function focusText(element: HTMLElement | null): void {
  if (element === null) return;
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
