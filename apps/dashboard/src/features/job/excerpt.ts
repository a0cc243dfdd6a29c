import { columnsOf } from '../../shared/format/bidi-controls.ts';

/** A line of source around the place that an annotation points at. */
export interface ExcerptLine {
  readonly number: number;
  readonly text: string;
  /** The annotation points at this line. */
  readonly isMarked: boolean;
}

/** As the build runner writes them: `> 12 | text`, or without the mark. */
const excerptLine = /^([> ]) *(\d+) \| (.*)$/;

/** The lines of an excerpt; null where it has another form, which is shown as it is. */
export function parseExcerpt(excerpt: string): readonly ExcerptLine[] | null {
  const lines: ExcerptLine[] = [];
  for (const line of excerpt.split('\n')) {
    const [, mark, number, text] = excerptLine.exec(line) ?? [];
    if (text === undefined) return null;
    lines.push({ number: Number(number), text, isMarked: mark === '>' });
  }
  return lines;
}

/** What stands before the caret under `column` (from 1): tabs stay, so that the caret stands where the eye expects it. */
export function caretIndent(text: string, column: number): string | null {
  if (column > text.length + 1) return null; // Long lines are cut short.
  return text.slice(0, column - 1).replace(/[^\t]/g, (character) => ' '.repeat(columnsOf(character)));
}
