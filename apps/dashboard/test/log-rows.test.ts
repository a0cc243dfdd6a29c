import { describe, expect, it } from 'vitest';
import { logRows } from '../src/features/log/log-rows.ts';
import { createLogStore } from '../src/features/log/log-store.ts';
import { logLine } from './log-lines.ts';

/** The groups of lines whose steps and attempts are given, one by one. */
function groupsOf(lines: readonly Partial<Parameters<typeof logLine>[0]>[]) {
  const store = createLogStore((callback) => callback());
  store.add(lines.map((line, index) => logLine({ ...line, n: index + 1 })));
  return store.view().groups;
}

const threeGroups = groupsOf([
  { step: 'extract' },
  { step: 'install' },
  { step: 'install' },
  { step: 'install' },
  { step: 'bundle' },
]);

/** Rows as a reader sees them: headings by their step, lines by their number. */
function seen(last: number, closed: readonly string[] = [], groups = threeGroups) {
  const rows = logRows({ groups, last, closed: new Set(closed) });
  return Array.from({ length: rows.count }, (_, index) => {
    const row = rows.rowAt(index);
    return row.kind === 'line' ? row.n : row.group.step;
  });
}

describe('the groups of a log', () => {
  it('are its steps, and each attempt begins anew', () => {
    const groups = groupsOf([
      { step: 'extract', attempt: 1 },
      { step: 'install', attempt: 1 },
      { step: 'install', attempt: 1 },
      { step: 'install', attempt: 2 },
      { step: 'bundle', attempt: 2 },
    ]);
    expect(groups.map(({ step, attempt, first }) => [step, attempt, first])).toEqual([
      ['extract', 1, 1],
      ['install', 1, 2],
      ['install', 2, 4],
      ['bundle', 2, 5],
    ]);
    expect(new Set(groups.map(({ key }) => key)).size).toBe(4);
  });

  it('take lines of no step into what is going on', () => {
    const groups = groupsOf([{ step: null }, { step: null }, { step: 'install' }, { step: null }, { step: 'install' }]);
    expect(groups.map(({ step, first }) => [step, first])).toEqual([
      [null, 1],
      ['install', 3],
    ]);
  });
});

describe('the rows of a log', () => {
  it('are the lines, each group below its heading', () => {
    expect(seen(5)).toEqual(['extract', 1, 'install', 2, 3, 4, 'bundle', 5]);
  });

  it('leave out the lines of a closed group', () => {
    const [, install] = threeGroups;
    expect(seen(5, [install?.key ?? ''])).toEqual(['extract', 1, 'install', 'bundle', 5]);
    expect(
      seen(
        5,
        threeGroups.map(({ key }) => key),
      ),
    ).toEqual(['extract', 'install', 'bundle']);
  });

  it('end with the last line that is shown', () => {
    expect(seen(3)).toEqual(['extract', 1, 'install', 2, 3]);
    expect(seen(1)).toEqual(['extract', 1]);
    expect(seen(0)).toEqual([]);
  });

  it('begin with lines of which the group is not known yet', () => {
    const [, install] = threeGroups;
    expect(seen(4, [], install === undefined ? [] : [install])).toEqual([1, 'install', 2, 3, 4]);
    expect(seen(2, [], [])).toEqual([1, 2]);
  });

  it('are found by the number of a line, and by their heading', () => {
    const [extract, install] = threeGroups;
    const rows = logRows({ groups: threeGroups, last: 5, closed: new Set([extract?.key ?? '']) });
    expect([1, 2, 4, 5, 6].map(rows.indexOf)).toEqual([null, 2, 4, 6, null]);
    expect([0, 1, 3, 5, 6].map(rows.headingOf)).toEqual([0, 1, 1, 5, 5]);
    expect([0, 1, 2, 5].map(rows.isHeading)).toEqual([true, true, false, true]);
    expect(rows.rowAt(0)).toEqual({ kind: 'group', group: extract, isOpen: false });
    expect(rows.rowAt(1)).toEqual({ kind: 'group', group: install, isOpen: true });
  });

  it('have another shape exactly when a heading is in another place', () => {
    const shape = (last: number, closed: readonly string[] = []) =>
      logRows({ groups: threeGroups, last, closed: new Set(closed) }).shape;
    expect(shape(3)).toBe(shape(4));
    expect(shape(4)).not.toBe(shape(5));
    expect(shape(5, [threeGroups[0]?.key ?? ''])).not.toBe(shape(5));
  });
});
