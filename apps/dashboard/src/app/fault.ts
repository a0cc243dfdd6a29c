import type { Trouble } from '../shared/api/api.ts';

export interface FaultDisplay extends Pick<Trouble, 'message' | 'hint'> {
  /** Whether another try without a new page can help. */
  readonly canTryAgain: boolean;
}

/** What Chromium, Firefox, Safari and vite say of a part of the page that could not be loaded. */
const missingPart =
  /dynamically imported module|importing a module script failed|unable to preload css|failed to load module script/i;

/** How a fault of the page is put into words. */
export function faultDisplay(error: unknown): FaultDisplay {
  const text = error instanceof Error ? error.message : String(error);
  if (missingPart.test(text)) {
    return {
      message: 'A part of this page could not be loaded.',
      hint: 'Yardmaster was probably updated since the page was opened. Reload the page to get the new one.',
      canTryAgain: false,
    };
  }
  return { message: 'This page has a fault and cannot be shown.', hint: text, canTryAgain: true };
}
