import { useMemo, useState, useSyncExternalStore } from 'react';
import { countText } from '../../shared/format/quantities.ts';
import { createLogSearch, type LogMatch, type LogSearch, maxMatches, type SearchView } from './log-search.ts';
import type { LogStore } from './log-store.ts';

const nothing: SearchView = { matches: 0, isFull: false, isSearching: false };
const noSubscription = () => () => {};
const noView = () => nothing;

/** What is searched for in the lines that are shown, and which match is looked at. */
export function useLogSearch({
  store,
  shown,
  onMatch,
}: {
  readonly store: LogStore;
  readonly shown: number;
  readonly onMatch: (n: number) => void;
}) {
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState<number | null>(0);
  const search = useMemo(
    () =>
      query === ''
        ? null
        : createLogSearch({
            store,
            query,
            nowMs: () => performance.now(),
            later: (callback) => setTimeout(callback),
          }),
    [store, query],
  );
  const view = useSyncExternalStore(search?.subscribe ?? noSubscription, search?.view ?? noView);
  const count = search?.countUpTo(shown) ?? 0;
  const index = chosen === null ? null : Math.min(chosen, count - 1);
  const match: LogMatch | null = index === null || index < 0 ? null : (search?.matchAt(index) ?? null);

  const [announced, setAnnounced] = useState<LogSearch | null>(null);
  if (search !== announced && (search === null || match !== null)) {
    setAnnounced(search);
    if (match !== null) onMatch(match.n);
  }

  const step = (by: 1 | -1) => {
    if (search === null || count === 0) return;
    const next = ((index ?? (by === 1 ? -1 : 0)) + by + count) % count;
    setChosen(next);
    const there = search.matchAt(next);
    if (there !== null) onMatch(there.n);
  };
  return {
    pattern: search?.pattern ?? null,
    match,
    leaveMatch: () => setChosen(null),
    field: {
      query,
      onQuery: (next: string) => {
        setQuery(next);
        setChosen(0);
      },
      matchText: search === null ? null : matchText(view, index, count),
      hasMatches: count > 0,
      onStep: step,
    },
  };
}

function matchText({ isFull, isSearching }: SearchView, index: number | null, count: number): string {
  if (count === 0) return isSearching ? 'Searching…' : 'No match';
  const all = isFull ? `${countText(maxMatches)}+` : countText(count);
  return `${countText((index ?? -1) + 1)} of ${all}`;
}
