import { expect, test } from 'vitest';
import { pagesShown } from '../src/features/queue/pages-shown.ts';

test.each([
  [1, 1, [1]],
  [1, 2, [1, 2]],
  [3, 5, [1, 2, 3, 4, 5]],
  [1, 20, [1, 2, null, 20]],
  [4, 20, [1, 2, 3, 4, 5, null, 20]],
  [10, 20, [1, null, 9, 10, 11, null, 20]],
  [20, 20, [1, null, 19, 20]],
  [99, 3, [1, 2, 3]],
])('of page %i of %i pages the pager shows %j', (page, pages, shown) => {
  expect(pagesShown(page, pages)).toEqual(shown);
});
