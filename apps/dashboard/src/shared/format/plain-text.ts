/**
 * What only a terminal understands: CSI sequences (parameters and final character captured), OSC and other string
 * sequences (links, titles), short escapes, and control characters but the tab. What is cut off in its middle counts.
 */
const terminalControls =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\u001b\[([0-?]*)[ -/]*([@-~]?)|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]?|[\u0000-\u0008\u000a-\u001a\u001c-\u001f\u007f]/g;

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const anyControl = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** Told what a line of terminal output consists of, in order. */
export interface TerminalReader {
  text(text: string): void;
  /** The parameters of a sequence that changes colours and the like (SGR). */
  style(parameters: string): void;
  /** The cursor went back to the beginning of the line: what follows is written over what was there. */
  overwrite(): void;
}

export const hasTerminalControls = (line: string): boolean => anyControl.test(line);

export function readTerminalLine(line: string, reader: TerminalReader): void {
  let from = 0;
  for (const found of line.matchAll(terminalControls)) {
    if (found.index > from) reader.text(line.slice(from, found.index));
    from = found.index + found[0].length;
    const [control, parameters = '', final] = found;
    if (final === 'm') reader.style(parameters);
    else if (control === '\r' || final === 'G' || (final === 'K' && parameters === '2')) reader.overwrite();
  }
  if (from < line.length) reader.text(line.slice(from));
}

/** A line of a log as it is seen: without colours, and of a progress bar that redraws itself the last state. */
export function plainText(line: string): string {
  if (!hasTerminalControls(line)) return line;
  let seen = '';
  let isOverwritten = false;
  readTerminalLine(line, {
    text(text) {
      seen = isOverwritten ? text : seen + text;
      isOverwritten = false;
    },
    style() {},
    overwrite() {
      isOverwritten = true;
    },
  });
  return seen;
}
