import type { LogGroup } from './log-index.ts';

/** What stands in a row of the list. */
export type LogRow =
  | { readonly kind: 'group'; readonly group: LogGroup; readonly isOpen: boolean }
  | { readonly kind: 'line'; readonly n: number };

/** The rows of a log: the heading of each group and, unless it is closed, its lines. Indexes begin at 0. */
export interface LogRows {
  readonly count: number;
  rowAt(index: number): LogRow;
  /** Null for a line in a closed group, and for one that is not shown. */
  indexOf(n: number): number | null;
  isHeading(index: number): boolean;
  /** The heading above the row, or the row itself when it is one; null before the first group. */
  headingOf(index: number): number | null;
  /** Equal for rows whose headings are in the same places. */
  readonly shape: string;
}

interface Section {
  readonly group: LogGroup | null;
  readonly isOpen: boolean;
  /** Its first row, which is its heading where it has one. */
  readonly start: number;
  readonly first: number;
  readonly lines: number;
}

/** Lines 1 to `last` in their groups; there are few groups, so a row is looked for among them. */
export function logRows({
  groups,
  last,
  closed,
}: {
  readonly groups: readonly LogGroup[];
  readonly last: number;
  readonly closed: ReadonlySet<string>;
}): LogRows {
  const shown = groups.filter(({ first }) => first <= last);
  const sections: Section[] = [];
  let start = 0;
  const add = (group: LogGroup | null, first: number, end: number) => {
    const isOpen = group === null || !closed.has(group.key);
    const lines = isOpen ? end - first : 0;
    sections.push({ group, isOpen, start, first, lines });
    start += lines + (group === null ? 0 : 1);
  };
  // Lines that are not here yet may stand before the first group that is known.
  if ((shown[0]?.first ?? last + 1) > 1) add(null, 1, shown[0]?.first ?? last + 1);
  for (const [at, group] of shown.entries()) add(group, group.first, shown[at + 1]?.first ?? last + 1);

  const headings = new Set(sections.filter(({ group }) => group !== null).map((section) => section.start));
  const sectionAt = (index: number) => sections.findLast((section) => section.start <= index);
  return {
    count: start,
    rowAt(index) {
      const section = sectionAt(index);
      if (section === undefined) return { kind: 'line', n: index + 1 };
      const { group, isOpen, first } = section;
      const place = index - section.start;
      if (group === null) return { kind: 'line', n: first + place };
      return place === 0 ? { kind: 'group', group, isOpen } : { kind: 'line', n: first + place - 1 };
    },
    indexOf(n) {
      const section = sections.findLast(({ first }) => first <= n);
      if (section === undefined || n >= section.first + section.lines) return null;
      return section.start + (section.group === null ? 0 : 1) + n - section.first;
    },
    isHeading: (index) => headings.has(index),
    headingOf(index) {
      const section = sectionAt(index);
      return section === undefined || section.group === null ? null : section.start;
    },
    shape: [...headings].join(),
  };
}
