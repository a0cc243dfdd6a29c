import { describe, expect, it } from 'vitest';
import { createLogSearch, maxMatches } from '../src/features/log/log-search.ts';
import { createLogStore } from '../src/features/log/log-store.ts';
import { logLine, logLines } from './log-lines.ts';

/** A search of which a test does each piece of work; a look at the clock takes a millisecond. */
function search(query: string) {
  const store = createLogStore((callback) => callback());
  const work: (() => void)[] = [];
  let nowMs = 0;
  const found = createLogSearch({ store, query, nowMs: () => nowMs++, later: (callback) => work.push(callback) });
  const matches = () => Array.from({ length: found.view().matches }, (_, index) => found.matchAt(index));
  const doPiece = () => {
    const pieces = work.splice(0);
    for (const piece of pieces) piece();
    return pieces.length > 0;
  };
  const finish = () => {
    while (doPiece());
    return matches();
  };
  return { store, found, doPiece, finish, pending: () => work.length };
}

describe('a search through a log', () => {
  it('finds text in any case and through colours, at the place where it is seen', () => {
    const { store, found, finish } = search('Error');
    found.subscribe(() => {});
    store.add([
      logLine({ n: 1, text: '\u001b[1m\u001b[31merr\u001b[0mor: an ERROR' }),
      logLine({ n: 2, text: '10%\rerror' }),
      logLine({ n: 3, text: 'none' }),
    ]);
    expect(finish()).toEqual([
      { n: 1, column: 0 },
      { n: 1, column: 10 },
      { n: 2, column: 0 },
    ]);
    expect(found.view()).toEqual({ matches: 3, isFull: false, isSearching: false });
    expect([0, 1, 2, 3].map(found.countUpTo)).toEqual([0, 2, 3, 3]);
    expect(found.matchAt(3)).toBeNull();
  });

  it('takes what is searched for as it stands there', () => {
    const { store, found, finish } = search('a.b(*)[x]\\-/^$|?+{1}');
    found.subscribe(() => {});
    store.add([logLine({ n: 1, text: 'aXb' }), logLine({ n: 2, text: '> a.b(*)[x]\\-/^$|?+{1} <' })]);
    expect(finish()).toEqual([{ n: 2, column: 2 }]);
  });

  it('works in pieces and tells after each what it has found', () => {
    const { store, found, doPiece, finish } = search('line');
    const told: number[] = [];
    found.subscribe(() => told.push(found.view().matches));
    store.add(logLines(1, 10_000));
    doPiece();
    expect(found.view().isSearching).toBe(true);
    expect(found.view().matches).toBeGreaterThan(0);
    expect(found.view().matches).toBeLessThan(10_000);
    expect(finish()).toHaveLength(10_000);
    expect(told.length).toBeGreaterThan(2);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it('goes on with lines that come, and waits for those that are missing', () => {
    const { store, found, finish } = search('line');
    found.subscribe(() => {});
    store.add(logLines(1, 2));
    expect(finish()).toHaveLength(2);
    store.add(logLines(5, 6));
    expect(finish()).toHaveLength(2);
    store.add(logLines(3, 4));
    expect(finish().map((match) => match?.n)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('stops at as many matches as are kept, and says so', () => {
    const { store, found, finish } = search('x');
    found.subscribe(() => {});
    store.add(Array.from({ length: 11 }, (_, index) => logLine({ n: index + 1, text: 'x'.repeat(10_000) })));
    expect(finish().length).toBeGreaterThanOrEqual(maxMatches);
    expect(found.view()).toMatchObject({ isFull: true, isSearching: false });
  });

  it('does nothing more when nobody looks at it', () => {
    const { store, found, doPiece, pending } = search('line');
    const leave = found.subscribe(() => {});
    leave();
    doPiece();
    store.add(logLines(1, 100));
    expect(pending()).toBe(0);
    expect(found.view().matches).toBe(0);
  });
});
