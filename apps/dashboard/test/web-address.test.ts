import { expect, test } from 'vitest';
import { isWebAddress } from '../src/shared/format/web-address.ts';

test.each([
  ['http://corner-shop-1.preview.localhost:4600/', true],
  ['HTTPS://example.com', true],
  ['javascript:alert(1)', false],
  [' javascript:alert(1)//http://', false],
  ['data:text/html,http://x', false],
  ['//example.com', false],
  ['/jobs/1', false],
  [null, false],
])('%s may be opened: %s', (text, isOpened) => {
  expect(isWebAddress(text)).toBe(isOpened);
});
