import { expect, test } from 'vitest';
import { sorts } from '../src/features/queue/queue-search.ts';
import { sortings, sortOf } from '../src/features/queue/table-sorting.ts';

test('every order of the server is that of one column, and the other way round', () => {
  expect(sorts.map((sort) => sortOf(sortings[sort]))).toEqual(sorts);
});

test('what the server cannot sort by, or no column at all, is newest first', () => {
  expect(sortOf([])).toBe('newest');
  expect(sortOf([{ id: 'name', desc: true }])).toBe('newest');
});
