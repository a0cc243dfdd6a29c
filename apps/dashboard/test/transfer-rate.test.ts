import { describe, expect, test } from 'vitest';
import { estimateOf, type Sample, withSample } from '../src/features/upload/transfer-rate.ts';

const samplesOf = (...samples: readonly Sample[]): readonly Sample[] =>
  samples.reduce<readonly Sample[]>((before, sample) => withSample(before, sample), []);

/** So many bytes a second, told four times a second. */
const steady = (bytesPerSecond: number, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) =>
  Array.from({ length: (toMs - fromMs) / 250 }, (_, index) => ({
    atMs: fromMs + index * 250,
    sent: (bytesPerSecond / 4) * index,
  }));

describe('the speed of an upload', () => {
  test('is not told before it is known', () => {
    expect(estimateOf([], 100)).toBeNull();
    expect(estimateOf(samplesOf({ atMs: 0, sent: 0 }, { atMs: 200, sent: 50 }), 100)).toBeNull();
  });

  test('is that of the last seconds, with the time that is left at it', () => {
    const slow = steady(1_000, { fromMs: 0, toMs: 20_000 });
    const sentSlowly = slow.at(-1)?.sent ?? 0;
    const fast = steady(4_000, { fromMs: 20_000, toMs: 30_000 }).map(({ atMs, sent }) => ({
      atMs,
      sent: sent + sentSlowly,
    }));
    const sent = fast.at(-1)?.sent ?? 0;
    const estimate = estimateOf(samplesOf(...slow, ...fast), sent + 8_000);
    expect(estimate?.bytesPerSecond).toBeCloseTo(4_000);
    expect(estimate?.timeLeftMs).toBeCloseTo(2_000);
  });

  test('needs few samples however long the upload takes', () => {
    expect(samplesOf(...steady(1_000, { fromMs: 0, toMs: 600_000 })).length).toBeLessThan(25);
  });

  test('falls while nothing moves, and is not told when it stands still', () => {
    const moving = [
      { atMs: 0, sent: 0 },
      { atMs: 1_000, sent: 1_000 },
    ];
    const first = estimateOf(samplesOf(...moving, { atMs: 4_000, sent: 1_001 }), 2_000);
    expect(first?.bytesPerSecond).toBeLessThan(300);
    expect(
      estimateOf(
        [
          { atMs: 0, sent: 5 },
          { atMs: 9_000, sent: 5 },
        ],
        10,
      ),
    ).toBeNull();
  });
});
