import type { CommandIo } from './command.ts';

const redrawIntervalMs = 100;
const lineIntervalMs = 5_000;
const eraseLine = '\r\u001b[2K';
/** Without wrapping, a line that is too long for the terminal is cut by it, and erasing one line erases it whole. */
const wrapOff = '\u001b[?7l';
const wrapOn = '\u001b[?7h';

/** How far a long command is: one line that is drawn over and over on a terminal, a line every few seconds elsewhere. */
export interface ProgressLine {
  /** `text` is asked for only when it is time to show it. `isNew` shows it at once: another part of the work begins. */
  show(text: () => string, options: { readonly isNew: boolean }): void;
  /** Takes the line away. */
  close(): void;
}

export function createProgressLine({ err, isTerminal }: Pick<CommandIo, 'err' | 'isTerminal'>): ProgressLine {
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show(text, { isNew }) {
      const now = performance.now();
      if (!isNew && now - shownAt < (isTerminal ? redrawIntervalMs : lineIntervalMs)) return;
      shownAt = now;
      err(isTerminal ? `${eraseLine}${wrapOff}${text()}${wrapOn}` : `${text()}\n`);
    },
    close() {
      if (isTerminal) err(eraseLine);
    },
  };
}
