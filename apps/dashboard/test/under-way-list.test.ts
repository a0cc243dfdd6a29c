import type { JobSummary } from '@yardmaster/protocol';
import { describe, expect, test } from 'vitest';
import { SimulatedClock } from 'xstate';
import { compareUnderWay, createUnderWayList, resortIntervalMs } from '../src/features/queue/under-way-list.ts';
import { createJobsStore } from '../src/shared/jobs/jobs-store.ts';
import { endedJob, jobSummary } from './job-summary.ts';

function openList() {
  const clock = new SimulatedClock();
  const hand = { isHeld: false };
  // The store tells at once here: how often it tells is tested with the store.
  const store = createJobsStore({ nowMs: () => clock.now(), setTimer: (callback) => callback() });
  const list = createUnderWayList({
    store,
    isHeld: () => hand.isHeld,
    nowMs: () => clock.now(),
    setTimer: (callback, delayMs) => {
      const timer = clock.setTimeout(callback, delayMs);
      return () => clock.clearTimeout(timer);
    },
    passes: () => true,
  });
  let draws = 0;
  const close = list.subscribe(() => {
    draws += 1;
  });
  return { clock, store, list, hand, close, draws: () => draws, ids: () => list.view().jobs.map(({ id }) => id) };
}

const waiting = (id: string, queuePosition: number): JobSummary => jobSummary({ id, queuePosition });
const building = (id: string, startedAt: string): JobSummary =>
  jobSummary({
    id,
    status: 'building',
    state: { building: 'installing' },
    queuePosition: null,
    startedAt,
    revision: 5,
  });

describe('the list of builds under way', () => {
  test('has what is being built first, then what waits in the order of the queue', () => {
    const jobs = [
      jobSummary({ id: 'later', state: 'backingOff', queuePosition: null }),
      waiting('second', 2),
      building('younger', '2026-01-01T00:02:00.000Z'),
      waiting('first', 1),
      jobSummary({ id: 'handed-over', state: 'dispatched', queuePosition: null }),
      building('older', '2026-01-01T00:01:00.000Z'),
    ];
    const sorted = jobs.sort(compareUnderWay).map(({ id }) => id);
    expect(sorted).toEqual(['older', 'younger', 'handed-over', 'first', 'second', 'later']);
  });

  test('is not known before the first snapshot', () => {
    const { list, store } = openList();
    expect(list.view()).toEqual({ known: false, jobs: [] });
    store.replace([]);
    expect(list.view()).toEqual({ known: true, jobs: [] });
  });

  test('is sorted again at most once a second, while what builds show is new at once', () => {
    const { store, clock, ids, list } = openList();
    store.replace([waiting('a', 1), waiting('b', 2)]);
    expect(ids()).toEqual(['a', 'b']);
    clock.increment(resortIntervalMs - 1);
    store.put(waiting('b', 1));
    store.put(waiting('a', 2));
    expect(ids()).toEqual(['a', 'b']);
    expect(list.view().jobs[0]?.queuePosition).toBe(2);
    clock.increment(1);
    expect(ids()).toEqual(['b', 'a']);
  });

  test('moves nothing while it is held, and catches up within a second of being let go', () => {
    const { store, clock, ids, hand } = openList();
    store.replace([waiting('a', 1), waiting('b', 2)]);
    clock.increment(resortIntervalMs);
    hand.isHeld = true;
    store.put(building('b', '2026-01-01T00:01:00.000Z'));
    store.put(waiting('new', 1));
    expect(ids()).toEqual(['a', 'b', 'new']);
    clock.increment(10 * resortIntervalMs);
    expect(ids()).toEqual(['a', 'b', 'new']);
    hand.isHeld = false;
    clock.increment(resortIntervalMs);
    expect(ids()).toEqual(['b', 'a', 'new']);
  });

  test('leaves a build that ends where it is while it is held, as ended', () => {
    const { store, clock, ids, list, hand } = openList();
    store.replace([waiting('a', 1), waiting('b', 2)]);
    hand.isHeld = true;
    store.put({ ...endedJob('a', '2026-01-01T00:05:00.000Z'), revision: 9 });
    expect(ids()).toEqual(['a', 'b']);
    expect(list.view().jobs[0]?.status).toBe('completed');
    hand.isHeld = false;
    clock.increment(resortIntervalMs);
    expect(ids()).toEqual(['b']);
  });

  test('lets a build go at once when nobody holds it', () => {
    const { store, ids } = openList();
    store.replace([waiting('a', 1), waiting('b', 2)]);
    store.put({ ...endedJob('a', '2026-01-01T00:05:00.000Z'), revision: 9 });
    expect(ids()).toEqual(['b']);
  });

  test('shows what another filter lets through at once, in order, even while it is held', () => {
    const { store, ids, list, hand } = openList();
    store.replace([waiting('a', 1), waiting('b', 2), waiting('c', 3)]);
    hand.isHeld = true;
    list.filter(({ id }) => id !== 'b');
    expect(ids()).toEqual(['a', 'c']);
  });

  test('draws nothing when nothing changed, and keeps the builds that did not', () => {
    const { store, list, draws } = openList();
    store.replace([waiting('a', 1), waiting('b', 2)]);
    const [before, drawn] = [list.view(), draws()];
    store.replace([waiting('a', 1), waiting('b', 2)]);
    expect(list.view()).toBe(before);
    expect(draws()).toBe(drawn);
    store.put(waiting('b', 3));
    expect(list.view().jobs[0]).toBe(before.jobs[0]);
  });

  test('does nothing any more when nobody looks', () => {
    const { store, clock, ids, close, hand } = openList();
    store.replace([waiting('a', 1), waiting('b', 2)]);
    hand.isHeld = true;
    store.put(waiting('b', 0));
    close();
    hand.isHeld = false;
    clock.increment(10 * resortIntervalMs);
    store.put(waiting('c', 3));
    expect(ids()).toEqual(['a', 'b']);
  });
});
