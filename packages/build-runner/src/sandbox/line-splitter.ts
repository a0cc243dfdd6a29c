import { StringDecoder } from 'node:string_decoder';

/** A longer line is cut here and marked, so that one line never becomes a memory problem further on. */
export const maxLineLength = 16 * 1024;
const cutMark = ' … [line cut]';

/**
 * Cuts a byte stream into lines at `\n` and `\r\n`, also where a tool has made the latter twice (`\r\r\n`). A progress bar that redraws itself with `\r` is reduced to its
 * last state. Characters split over chunks are put together. Colours are kept; other terminal control is taken out.
 */
export interface LineSplitter {
  push(chunk: Buffer): void;
  /** Gives out what is left without a line end. */
  end(): void;
}

export const createLineSplitter = (onLine: (text: string) => void): LineSplitter => {
  const decoder = new StringDecoder('utf8');
  const lineEnd = /\r*\n|\r+/g;
  let pending = '';
  let overflowed = false;

  const finish = (line: string): void => {
    if (!overflowed) onLine(cut(line));
    overflowed = false;
  };

  const take = (text: string): void => {
    pending += text;
    let start = 0;
    for (;;) {
      lineEnd.lastIndex = start;
      const end = lineEnd.exec(pending);
      if (end === null) break;
      const isLineEnd = end[0].endsWith('\n');
      const next = end.index + end[0].length;
      // A \r that ends the chunk may be half of a \r\n: wait for what follows.
      if (!isLineEnd && next === pending.length) break;
      // What follows a lone \r is written over what stood before it.
      if (isLineEnd) finish(pending.slice(start, end.index));
      start = next;
    }
    pending = pending.slice(start);
    if (pending.length > maxLineLength) {
      if (!overflowed) onLine(cut(pending));
      overflowed = true;
      pending = '';
    }
  };

  return {
    push: (chunk) => take(decoder.write(chunk)),
    end() {
      take(decoder.end());
      if (pending !== '') finish(pending.replace(/\r+$/, ''));
      pending = '';
    },
  };
};

const cut = (line: string): string =>
  (line.length > maxLineLength ? line.slice(0, maxLineLength) + cutMark : line).replace(terminalControl, '');

/** Cursor movements, screen clearing and hyperlinks: every escape sequence but the colours, which end in `m`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character.
const terminalControl = /\x1b\[[0-9;?]*[@-ln-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0-9A-B]/g;
