import { retryBaseDelayMs, retryDelayMs, retryMaxDelayMs, retryMinDelayMs } from '@yardmaster/domain';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const attempt = fc.integer({ min: 1, max: 1_000 });

describe('the delay before the next attempt', () => {
  test('is a whole number of milliseconds within its bounds, whatever the attempt', () => {
    fc.assert(
      fc.property(attempt, random, (after, drawn) => {
        const delayMs = retryDelayMs({ attempt: after, random: drawn });
        expect(delayMs).toBeGreaterThanOrEqual(retryMinDelayMs);
        expect(delayMs).toBeLessThanOrEqual(Math.min(retryMaxDelayMs, retryBaseDelayMs * 2 ** (after - 1)));
        expect(Number.isSafeInteger(delayMs)).toBe(true);
      }),
    );
  });

  test('never shrinks from one attempt to the next, nor as the draw grows', () => {
    fc.assert(
      fc.property(attempt, random, random, (after, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        const delayMs = retryDelayMs({ attempt: after, random: low });
        expect(retryDelayMs({ attempt: after + 1, random: low })).toBeGreaterThanOrEqual(delayMs);
        expect(retryDelayMs({ attempt: after, random: high })).toBeGreaterThanOrEqual(delayMs);
      }),
    );
  });

  test.each([
    [1, 0, 250],
    [1, 0.5, 1_125],
    [2, 0.5, 2_125],
    [5, 0.5, 16_125],
    [6, 0.5, 30_125],
    [10, 0.5, 30_125],
  ])('after attempt %i with a draw of %d is %i ms', (after, drawn, delayMs) => {
    expect(retryDelayMs({ attempt: after, random: drawn })).toBe(delayMs);
  });
});
