import type { Segment } from './ansi.ts';

/** A piece of a line, and whether it belongs to something that was searched for. */
export interface MarkedSegment extends Segment {
  readonly mark: 'none' | 'match' | 'current';
}

/** Cuts the pieces of a line where matches begin and end. `current` is the column of the match that is looked at. */
export function markedSegments(
  segments: readonly Segment[],
  pattern: RegExp | null,
  current: number | null,
): readonly MarkedSegment[] {
  const whole = segments.map(({ text }) => text).join('');
  const found = pattern === null ? [] : [...whole.matchAll(pattern)];
  if (found.length === 0) return segments.map((segment) => ({ ...segment, mark: 'none' }));
  const marked: MarkedSegment[] = [];
  let begin = 0;
  let next = 0;
  for (const { text, style } of segments) {
    const end = begin + text.length;
    let at = begin;
    while (at < end) {
      while (next < found.length && endOf(found[next]) <= at) next += 1;
      const match = found[next];
      const isIn = match !== undefined && match.index <= at;
      const until = Math.min(end, isIn ? endOf(match) : (match?.index ?? end));
      const mark = !isIn ? 'none' : match.index === current ? 'current' : 'match';
      marked.push({ text: text.slice(at - begin, until - begin), style, mark });
      at = until;
    }
    begin = end;
  }
  return marked;
}

const endOf = (match: RegExpExecArray | undefined): number =>
  match === undefined ? Number.POSITIVE_INFINITY : match.index + match[0].length;
