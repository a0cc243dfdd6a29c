import { afterEach, expect, test, vi } from 'vitest';
import { toastMs } from '../src/shared/ui/toast-duration.ts';

afterEach(() => vi.unstubAllGlobals());

function onPageOf(widthPx: number): void {
  const matches = (query: string): boolean => widthPx <= Number(/max-width: (\d+)px/.exec(query)?.[1]);
  vi.stubGlobal('matchMedia', (query: string) => ({ matches: matches(query) }));
}

test('a toast goes sooner on a phone, where it lies over what is read', () => {
  onPageOf(1_440);
  expect(toastMs('end')).toBe(12_000);
  const wide = { brief: toastMs('brief'), trouble: toastMs('trouble') };
  onPageOf(320);
  expect(toastMs('end')).toBe(6_000);
  expect(toastMs('brief')).toBeLessThan(wide.brief);
  expect(toastMs('trouble')).toBeLessThan(wide.trouble);
});

test.each([320, 1_440])('what went wrong stays at least as long as an end, on %i px', (widthPx) => {
  onPageOf(widthPx);
  expect(toastMs('trouble')).toBeGreaterThanOrEqual(toastMs('end'));
});
