import type { SortingState } from '@tanstack/react-table';
import type { Sort } from './queue-search.ts';

/** Each order of the server as the column that it sorts by. */
export const sortings: Readonly<Record<Sort, SortingState>> = {
  newest: [{ id: 'created', desc: true }],
  oldest: [{ id: 'created', desc: false }],
  name: [{ id: 'name', desc: false }],
  priority: [{ id: 'priority', desc: true }],
  duration: [{ id: 'duration', desc: true }],
};

/** The order that a header asks for; one that the server does not have is the one without any choice. */
export function sortOf([first]: SortingState): Sort {
  const found = Object.entries(sortings).find(
    ([, [sorted]]) => sorted?.id === first?.id && sorted?.desc === first?.desc,
  );
  return (found?.[0] as Sort | undefined) ?? 'newest';
}
