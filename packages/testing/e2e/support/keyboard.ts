import type { Page } from 'playwright-core';

/** More stops than any page has. */
const MAX_STOPS = 150;
/** What gives the focus on to something else may take a moment on a busy machine. */
const FOCUS_PATIENCE_MS = 5_000;

/**
 * What a screen reader calls the element with the focus. Throws when there is none, when it cannot be seen, and when
 * nothing shows that it has the focus.
 */
export async function focused(page: Page): Promise<string> {
  const focus = page.locator(':focus');
  await focus.waitFor({ state: 'attached', timeout: FOCUS_PATIENCE_MS }).catch(() => {
    throw new Error('Nothing has the focus.');
  });
  const { name, faults } = await focus.evaluate((element) => {
    const document = element.ownerDocument;
    const window = document.defaultView;
    const isOutlined = (candidate: typeof element | null, part?: string) => {
      if (candidate === null) return false;
      const { outlineStyle, outlineWidth } = window.getComputedStyle(candidate, part);
      return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0;
    };
    const isShown =
      isOutlined(element) ||
      isOutlined(element, '::after') ||
      isOutlined(element.closest('label')) ||
      // A menu marks its item, a window or a page is only where the next Tab begins, and the caret shows where one types.
      element.matches('[role^=menuitem], [role=menu], [role=dialog], main, [role=combobox]');
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const inside = (at: number, size: number) => Math.min(Math.max(at, 1), size - 1);
    const across = [left + 2, (left + right) / 2, right - 2].map((x) => inside(x, window.innerWidth));
    const down = [top + 2, (top + bottom) / 2, bottom - 2].map((y) => inside(y, window.innerHeight));
    const isInSight = across.some((x) =>
      down.some((y) => {
        const there = document.elementFromPoint(x, y);
        return there !== null && (element.contains(there) || there.contains(element));
      }),
    );
    const labelId = element.getAttribute('aria-labelledby');
    const texts: readonly (string | null | undefined)[] = [
      element.getAttribute('aria-label'),
      labelId === null ? null : document.getElementById(labelId)?.textContent,
      'labels' in element ? element.labels?.[0]?.textContent : null,
      element.textContent,
    ];
    const text = texts.find((each) => each !== null && each !== undefined && each.trim() !== '') ?? element.tagName;
    return {
      name: text.replaceAll(/\s+/g, ' ').trim(),
      faults: [
        ...(isShown ? [] : ['nothing shows that it has the focus']),
        ...(isInSight ? [] : ['it is out of sight']),
      ],
    };
  });
  if (faults.length > 0) throw new Error(`"${name}" has the focus, and ${faults.join(' and ')}.`);
  return name;
}

/** Presses Tab until what is named so has the focus, and sees to it that every stop on the way can be seen. */
export async function tabTo(page: Page, name: string | RegExp, { back = false } = {}): Promise<void> {
  const passed: string[] = [];
  while (passed.length < MAX_STOPS) {
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
    const here = await focused(page).catch((error: unknown) => {
      throw new Error(`Tab does not lead to ${name}: trouble after "${passed.at(-1)}".`, { cause: error });
    });
    if (typeof name === 'string' ? here === name : name.test(here)) return;
    passed.push(here);
  }
  throw new Error(`Tab does not lead to ${name}, but to ${[...new Set(passed)].join(', ')}.`);
}

/** The next stops of the Tab key. */
export async function nextStops(page: Page, count: number): Promise<readonly string[]> {
  const stops: string[] = [];
  while (stops.length < count) {
    await page.keyboard.press('Tab');
    stops.push(await focused(page));
  }
  return stops;
}
