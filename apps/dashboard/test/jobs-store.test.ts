import { describe, expect, test } from 'vitest';
import { SimulatedClock } from 'xstate';
import { createJobsStore, flushIntervalMs, followQueue, maxActive, maxEnded } from '../src/shared/jobs/jobs-store.ts';
import type { TopicReader } from '../src/shared/live/live.ts';
import { endedJob, jobSummary } from './job-summary.ts';

function openStore() {
  const clock = new SimulatedClock();
  const store = createJobsStore({
    nowMs: () => clock.now(),
    setTimer: (callback, delayMs) => clock.setTimeout(callback, delayMs),
  });
  let flushes = 0;
  store.subscribe(() => {
    flushes += 1;
  });
  return { clock, store, flushes: () => flushes };
}

const ids = (jobs: readonly { readonly id: string }[]) => jobs.map(({ id }) => id);

describe('the store of builds', () => {
  test('knows nothing before the first snapshot, which an empty one is', () => {
    const { store } = openStore();
    expect(store.view().known).toBe(false);
    store.replace([]);
    expect(store.view()).toEqual({ known: true, active: [], ended: [] });
  });

  test('shows the first update at once, and a flood after it four times a second with the last of each build', () => {
    const { store, clock, flushes } = openStore();
    store.replace([jobSummary({ id: 'a' })]);
    expect(flushes()).toBe(1);
    const before = store.view();
    for (let progress = 1; progress <= 100; progress += 1) {
      store.put(jobSummary({ id: 'a', status: 'building', state: { building: 'installing' }, progress }));
    }
    expect(store.view()).toBe(before);
    expect(store.find('a')?.progress).toBe(100);
    clock.increment(flushIntervalMs - 1);
    expect(flushes()).toBe(1);
    clock.increment(1);
    expect(flushes()).toBe(2);
    expect(store.view().active[0]?.progress).toBe(100);
    clock.increment(10 * flushIntervalMs);
    expect(flushes()).toBe(2);
  });

  test('lists builds under way in the order they came, whatever order they are told in', () => {
    const { store } = openStore();
    const [first, second, third] = ['00', '01', '02'].map((second) =>
      jobSummary({ id: `job-${second}`, createdAt: `2026-01-01T00:00:${second}.000Z` }),
    );
    if (!first || !second || !third) throw new Error('three builds were made');
    store.replace([third, first, second]);
    expect(ids(store.view().active)).toEqual(['job-00', 'job-01', 'job-02']);
  });

  test('moves a build that ends to the ended ones, latest first', () => {
    const { store, clock } = openStore();
    store.replace([jobSummary({ id: 'a' }), endedJob('b', '2026-01-01T00:01:00.000Z')]);
    store.put({ ...endedJob('a', '2026-01-01T00:02:00.000Z'), revision: 9 });
    clock.increment(flushIntervalMs);
    expect(ids(store.view().active)).toEqual([]);
    expect(ids(store.view().ended)).toEqual(['a', 'b']);
  });

  test('keeps the newer of two summaries, so a poll that was answered late undoes nothing', () => {
    const { store, clock } = openStore();
    store.replace([{ ...endedJob('a', '2026-01-01T00:02:00.000Z'), revision: 9 }]);
    store.replace([jobSummary({ id: 'a', revision: 4 })]);
    store.put(jobSummary({ id: 'a', revision: 8 }));
    clock.increment(flushIntervalMs);
    expect(store.view().ended[0]?.revision).toBe(9);
    expect(store.view().active).toEqual([]);
  });

  test('takes a changed place in the queue, which has no revision of its own', () => {
    const { store, clock } = openStore();
    store.replace([jobSummary({ id: 'a', queuePosition: 3 })]);
    store.put(jobSummary({ id: 'a', queuePosition: 2 }));
    clock.increment(flushIntervalMs);
    expect(store.view().active[0]?.queuePosition).toBe(2);
  });

  test('drops what a snapshot no longer has', () => {
    const { store, clock } = openStore();
    store.replace([jobSummary({ id: 'a' }), jobSummary({ id: 'b' })]);
    store.replace([jobSummary({ id: 'b' })]);
    clock.increment(flushIntervalMs);
    expect(ids(store.view().active)).toEqual(['b']);
  });

  test(`keeps the ${maxEnded} builds that ended last`, () => {
    const { store } = openStore();
    const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`;
    store.replace(Array.from({ length: maxEnded + 5 }, (_, index) => endedJob(`job-${index}`, at(index))));
    expect(store.view().ended).toHaveLength(maxEnded);
    expect(store.view().ended[0]?.id).toBe(`job-${maxEnded + 4}`);
  });

  test('keeps the same objects and lists where a snapshot brings nothing new, so that nothing is drawn anew', () => {
    const { store, clock } = openStore();
    const jobs = () => [jobSummary({ id: 'a' }), jobSummary({ id: 'b' }), endedJob('c', '2026-01-01T00:01:00.000Z')];
    store.replace(jobs());
    const before = store.view();
    store.replace(jobs());
    clock.increment(flushIntervalMs);
    expect(store.view().active).toBe(before.active);
    expect(store.view().ended).toBe(before.ended);
    store.put(jobSummary({ id: 'b', queuePosition: 7 }));
    clock.increment(flushIntervalMs);
    expect(store.view().active).not.toBe(before.active);
    expect(store.view().active[0]).toBe(before.active[0]);
    expect(store.view().ended).toBe(before.ended);
  });

  test(`holds the ${maxActive} oldest builds under way at most`, () => {
    const { store } = openStore();
    const at = (index: number) => new Date(Date.UTC(2026, 0, 1) + index).toISOString();
    const jobs = Array.from({ length: maxActive + 5 }, (_, index) =>
      jobSummary({ id: `job-${index}`, createdAt: at(index) }),
    );
    store.replace(jobs.toReversed());
    expect(store.view().active).toHaveLength(maxActive);
    expect(store.view().active.at(-1)?.id).toBe(`job-${maxActive - 1}`);
  });
});

describe('the followed queue', () => {
  test('believes a store that was put in the place of another, however old what it has is', () => {
    const { store, clock } = openStore();
    let reader: TopicReader | undefined;
    const follow = (_: unknown, given: TopicReader) => {
      reader = given;
      return () => {};
    };
    followQueue({ follow, refresh: () => {}, onBack: () => () => {} }, store);
    const snapshot = (storeId: string, revision: number) => {
      const jobs = [jobSummary({ id: 'a', revision })];
      reader?.snapshot({ topic: 'queue', storeId, position: null, type: 'snapshot', jobs });
      clock.increment(flushIntervalMs);
      return store.view().active[0]?.revision;
    };
    expect(snapshot('store-1', 9)).toBe(9);
    expect(snapshot('store-1', 4)).toBe(9);
    expect(snapshot('', 4)).toBe(9);
    expect(snapshot('store-2', 4)).toBe(4);
    expect(snapshot('store-2', 3)).toBe(4);
  });
});
