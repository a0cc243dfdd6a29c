import {
  compareWaiting,
  defaultQueueOrderSettings,
  effectivePriority,
  orderQueue,
  type QueueOrderSettings,
  type WaitingBuild,
} from '@yardmaster/domain';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const nowMs = Date.parse('2026-01-01T12:00:00.000Z');
const { horizonMs, maximumWaitMs } = defaultQueueOrderSettings;

function waiting(jobId: string, priority: number, waitMs: number): WaitingBuild {
  return { jobId, priority, queuedAtMs: nowMs - waitMs };
}
const order = (...builds: readonly WaitingBuild[]) => orderQueue(builds, nowMs).map(({ jobId }) => jobId);

describe('the effective priority', () => {
  test.each([
    [0, 0, 1],
    [5, 0, 6],
    [9, 0, 10],
    [5, horizonMs / 2, 9],
    [5, horizonMs - 1, 6 * (1 + (horizonMs - 1) / horizonMs)],
    [5, horizonMs, 12],
    [5, horizonMs + 1, 12],
    [9, horizonMs * 100, 20],
  ])('of priority %i after %i ms is %d', (priority, waitMs, effective) => {
    expect(effectivePriority(waiting('a', priority, waitMs), nowMs)).toBe(effective);
  });

  test('of a build that another clock queued in the future is its base', () => {
    expect(effectivePriority(waiting('a', 5, -60_000), nowMs)).toBe(6);
  });
});

describe('the queue', () => {
  test('starts the higher priority first', () => {
    expect(order(waiting('low', 1, 0), waiting('high', 9, 0), waiting('usual', 5, 0))).toEqual([
      'high',
      'usual',
      'low',
    ]);
  });

  test('starts the older build first among equals', () => {
    expect(order(waiting('younger', 5, 1_000), waiting('older', 5, 2_000))).toEqual(['older', 'younger']);
  });

  test('starts builds of one priority and one moment in the order of their ids', () => {
    expect(order(waiting('b', 5, 1_000), waiting('c', 5, 1_000), waiting('a', 5, 1_000))).toEqual(['a', 'b', 'c']);
  });

  test('lets a build that waited overtake a higher priority exactly when it counts for more', () => {
    // Priority 5 after half of the horizon counts 9, which is what a new build of priority 8 counts: then age decides.
    const raised = waiting('raised', 5, horizonMs / 2);
    expect(order(raised, waiting('new', 8, 0))).toEqual(['raised', 'new']);
    expect(order(waiting('raised', 5, horizonMs / 2 - 1), waiting('new', 8, 0))).toEqual(['new', 'raised']);
    expect(order(raised, waiting('new', 9, 0))).toEqual(['new', 'raised']);
  });

  test('keeps the order of two builds that both waited past the horizon', () => {
    expect(order(waiting('low', 4, horizonMs + 200_000), waiting('high', 5, horizonMs))).toEqual(['high', 'low']);
  });

  test('starts overdue builds before all others, oldest first, whatever their priority', () => {
    expect(
      order(
        waiting('urgent', 9, 0),
        waiting('overdue', 9, maximumWaitMs + 1),
        waiting('longest', 0, maximumWaitMs + 2),
        waiting('almost', 9, maximumWaitMs),
      ),
    ).toEqual(['longest', 'overdue', 'almost', 'urgent']);
  });

  test('takes a build as overdue after the maximum wait, not at it', () => {
    const high = waiting('high', 9, horizonMs);
    expect(order(waiting('low', 0, maximumWaitMs), high)).toEqual(['high', 'low']);
    expect(order(waiting('low', 0, maximumWaitMs + 1), high)).toEqual(['low', 'high']);
  });

  test('leaves the list that it is given as it is', () => {
    const builds = [waiting('b', 1, 0), waiting('a', 9, 0)];
    orderQueue(builds, nowMs);
    expect(builds.map(({ jobId }) => jobId)).toEqual(['b', 'a']);
  });

  test('of nobody is empty', () => {
    expect(orderQueue([], nowMs)).toEqual([]);
  });
});

/** Waits near every edge of the order, so that ties and off-by-one moments are common. */
const waitMs = fc.oneof(
  fc.constantFrom(0, 1, horizonMs / 2, horizonMs - 1, horizonMs, horizonMs + 1, maximumWaitMs, maximumWaitMs + 1),
  fc.integer({ min: -60_000, max: 2 * maximumWaitMs }),
);
const build = fc
  .record({ jobId: fc.constantFrom('a', 'b', 'c', 'B', 'é', 'job-10', 'job-9'), priority: fc.nat({ max: 9 }), waitMs })
  .map((drawn) => waiting(drawn.jobId, drawn.priority, drawn.waitMs));
const queue = fc.uniqueArray(build, { maxLength: 30, selector: ({ jobId }) => jobId });
const manyBuilds = fc
  .array(fc.record({ priority: fc.nat({ max: 9 }), waitMs }), { maxLength: 30 })
  .map((drawn) => drawn.map((one, i) => waiting(`job-${i}`, one.priority, one.waitMs)));
const settings: fc.Arbitrary<QueueOrderSettings> = fc.record({
  horizonMs: fc.integer({ min: 1, max: 2 * horizonMs }),
  maximumWaitMs: fc.integer({ min: 0, max: 2 * maximumWaitMs }),
});

describe('the order of any two builds', () => {
  test('is the same from both sides, and undecided only between a build and itself', () => {
    fc.assert(
      fc.property(build, build, settings, (a, b, chosen) => {
        const [there, back] = [compareWaiting(a, b, nowMs, chosen), compareWaiting(b, a, nowMs, chosen)];
        expect(Math.sign(there) + Math.sign(back)).toBe(0);
        expect(compareWaiting(a, a, nowMs, chosen)).toBe(0);
        if (a.jobId !== b.jobId) expect(there).not.toBe(0);
      }),
    );
  });

  test('is transitive', () => {
    fc.assert(
      fc.property(build, build, build, settings, (a, b, c, chosen) => {
        const before = (x: WaitingBuild, y: WaitingBuild) => compareWaiting(x, y, nowMs, chosen) < 0;
        if (before(a, b) && before(b, c)) expect(before(a, c)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('does not depend on who else waits, so an arrival never reorders the others', () => {
    fc.assert(
      fc.property(manyBuilds, fc.record({ priority: fc.nat({ max: 9 }), waitMs }), (others, drawn) => {
        const arrival = waiting('arrival', drawn.priority, drawn.waitMs);
        const withArrival = orderQueue([arrival, ...others], nowMs).filter(({ jobId }) => jobId !== 'arrival');
        expect(withArrival).toEqual(orderQueue(others, nowMs));
      }),
    );
  });

  test('gives every process the same queue, whatever order it learnt of the builds in', () => {
    const learnt = queue.chain((builds) =>
      fc.tuple(fc.constant(builds), fc.shuffledSubarray(builds, { minLength: builds.length })),
    );
    fc.assert(
      fc.property(learnt, ([builds, shuffled]) => {
        expect(orderQueue(shuffled, nowMs)).toEqual(orderQueue(builds, nowMs));
      }),
    );
  });

  test('lets no time alone put a younger build of the same priority first', () => {
    fc.assert(
      fc.property(fc.nat({ max: 9 }), waitMs, fc.nat({ max: 600_000 }), fc.nat({ max: 3_600_000 }), (...drawn) => {
        const [priority, wait, older, laterMs] = drawn;
        const [old, young] = [waiting('z', priority, wait + older + 1), waiting('a', priority, wait)];
        expect(compareWaiting(old, young, nowMs + laterMs)).toBeLessThan(0);
      }),
    );
  });
});
