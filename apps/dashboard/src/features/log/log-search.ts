import { plainText } from '../../shared/format/plain-text.ts';
import { countUpTo } from '../../shared/lists/count-up-to.ts';
import type { LogStore } from './log-store.ts';

export interface LogMatch {
  readonly n: number;
  /** Where it begins in the line as it is seen. */
  readonly column: number;
}

/** The same object until the next piece of work is done. */
export interface SearchView {
  readonly matches: number;
  /** There are more than are kept. */
  readonly isFull: boolean;
  readonly isSearching: boolean;
}

/** A search through the lines that are there, which goes on while more come. */
export interface LogSearch {
  readonly pattern: RegExp;
  /** In order, from 0. */
  matchAt(index: number): LogMatch | null;
  /** How many of the matches are in lines up to `last`. */
  countUpTo(last: number): number;
  subscribe(listener: () => void): () => void;
  readonly view: () => SearchView;
}

export const maxMatches = 100_000;
/** A piece of work stays well below a frame, so that a page that is being scrolled does not notice. */
const pieceMs = 6;
const linesPerLook = 200;

/** What is searched for: the text as it stands there, in any case. */
export function searchPattern(query: string): RegExp {
  return new RegExp(query.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'), 'gi');
}

export interface LogSearchParts {
  readonly store: LogStore;
  readonly query: string;
  readonly nowMs: () => number;
  /** Calls back when the page had time for other things. */
  readonly later: (callback: () => void) => unknown;
}

/** Works only while somebody has subscribed. */
export function createLogSearch({ store, query, nowMs, later }: LogSearchParts): LogSearch {
  const pattern = searchPattern(query);
  const lines: number[] = [];
  const columns: number[] = [];
  const listeners = new Set<() => void>();
  let searchedTo = 0;
  let isScheduled = false;
  let unsubscribe = () => {};
  let view: SearchView = { matches: 0, isFull: false, isSearching: true };

  return {
    pattern,
    matchAt(index) {
      const n = lines[index];
      const column = columns[index];
      return n === undefined || column === undefined ? null : { n, column };
    },
    countUpTo: (last) => countUpTo(lines, last),
    subscribe(listener) {
      if (listeners.size === 0) unsubscribe = store.subscribe(goOn);
      listeners.add(listener);
      goOn();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) unsubscribe();
      };
    },
    view: () => view,
  };

  function goOn(): void {
    if (isScheduled) return;
    isScheduled = true;
    later(work);
  }

  function work(): void {
    isScheduled = false;
    if (listeners.size === 0) return;
    const { readTo } = store.view();
    const before = lines.length;
    const endMs = nowMs() + pieceMs;
    while (searchedTo < readTo && lines.length < maxMatches && nowMs() < endMs) {
      const pieceEnd = Math.min(readTo, searchedTo + linesPerLook);
      while (searchedTo < pieceEnd) searchLine(++searchedTo);
    }
    const isFull = lines.length >= maxMatches;
    const isSearching = searchedTo < readTo && !isFull;
    if (isSearching) goOn();
    if (lines.length === before && isSearching === view.isSearching) return;
    view = { matches: lines.length, isFull, isSearching };
    for (const listener of listeners) listener();
  }

  function searchLine(n: number): void {
    const line = store.lineAt(n);
    if (line === null) return;
    for (const { index } of plainText(line.text).matchAll(pattern)) {
      lines.push(n);
      columns.push(index);
    }
  }
}
