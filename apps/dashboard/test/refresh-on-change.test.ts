import { describe, expect, test } from 'vitest';
import { SimulatedClock } from 'xstate';
import { createJobsStore } from '../src/shared/jobs/jobs-store.ts';
import { refreshIntervalMs, refreshOnChange } from '../src/shared/jobs/refresh-on-change.ts';
import { endedJob, jobSummary } from './job-summary.ts';

function openRefresh() {
  const clock = new SimulatedClock();
  const store = createJobsStore({ nowMs: () => clock.now(), setTimer: (callback) => callback() });
  const counted = { refreshes: 0, isLacking: false };
  const close = refreshOnChange({
    store,
    refresh: () => {
      counted.refreshes += 1;
    },
    isLacking: () => counted.isLacking,
    nowMs: () => clock.now(),
    setTimer: (callback, delayMs) => {
      const timer = clock.setTimeout(callback, delayMs);
      return () => clock.clearTimeout(timer);
    },
  });
  return { clock, store, counted, close };
}

describe('what the server counts and pages', () => {
  test('is asked for when a build appears, changes its status or ends, and not for its progress or place', () => {
    const { clock, store, counted } = openRefresh();
    const after = (change: () => void): number => {
      const before = counted.refreshes;
      change();
      clock.increment(refreshIntervalMs);
      return counted.refreshes - before;
    };
    expect(after(() => store.replace([]))).toBe(1);
    expect(after(() => store.put(jobSummary({ id: 'a', queuePosition: 2 })))).toBe(1);
    expect(after(() => store.put(jobSummary({ id: 'a', queuePosition: 1 })))).toBe(0);
    const building = jobSummary({ id: 'a', status: 'building', state: { building: 'installing' }, revision: 5 });
    expect(after(() => store.put(building))).toBe(1);
    expect(after(() => store.put({ ...building, progress: 60, revision: 6 }))).toBe(0);
    expect(after(() => store.put({ ...endedJob('a', '2026-01-01T00:05:00.000Z'), revision: 9 }))).toBe(1);
    expect(after(() => store.replace([]))).toBe(1);
  });

  test('is asked for at once and then once a second in a flood, the last change included', () => {
    const { clock, store, counted } = openRefresh();
    store.replace([]);
    expect(counted.refreshes).toBe(1);
    for (let index = 0; index < 500; index += 1) store.put(jobSummary({ id: `job-${index}` }));
    expect(counted.refreshes).toBe(1);
    clock.increment(refreshIntervalMs);
    expect(counted.refreshes).toBe(2);
    clock.increment(5 * refreshIntervalMs);
    expect(counted.refreshes).toBe(2);
  });

  test('is asked for again with the first sign of life when the last answer was none', () => {
    const { clock, store, counted } = openRefresh();
    store.replace([]);
    clock.increment(refreshIntervalMs);
    counted.isLacking = true;
    store.replace([]);
    expect(counted.refreshes).toBe(2);
  });

  test('is not asked for any more when nobody looks', () => {
    const { clock, store, counted, close } = openRefresh();
    store.replace([]);
    store.put(jobSummary({ id: 'a' }));
    close();
    clock.increment(refreshIntervalMs);
    store.put(jobSummary({ id: 'b' }));
    expect(counted.refreshes).toBe(1);
  });
});
