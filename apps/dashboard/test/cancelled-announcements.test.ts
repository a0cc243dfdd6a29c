import type { JobSummary } from '@yardmaster/protocol';
import { describe, expect, test } from 'vitest';
import { SimulatedClock } from 'xstate';
import { announceCancelled, announcementPauseMs } from '../src/features/queue/cancelled-announcements.ts';
import { createJobsStore } from '../src/shared/jobs/jobs-store.ts';
import { endedJob, jobSummary } from './job-summary.ts';

const endedAt = '2026-01-01T00:05:00.000Z';
const cancelled = (id: string): JobSummary => ({
  ...endedJob(id, endedAt),
  websiteName: id,
  status: 'cancelled',
  state: 'cancelled',
  revision: 5,
});

function listen(jobs: readonly JobSummary[]) {
  const clock = new SimulatedClock();
  const store = createJobsStore({ nowMs: () => clock.now(), setTimer: (callback) => callback() });
  store.replace(jobs);
  const said: string[] = [];
  const stop = announceCancelled({
    store,
    say: (text) => said.push(text),
    nowMs: () => clock.now(),
    setTimer(callback, delayMs) {
      const timer = clock.setTimeout(callback, delayMs);
      return () => clock.clearTimeout(timer);
    },
  });
  return { clock, store, said, stop };
}

describe('what a screen reader is told of the queue', () => {
  test('is that a build was cancelled, and nothing that a toast says or that was so before', () => {
    const { clock, store, said } = listen([jobSummary({ id: 'a' }), jobSummary({ id: 'b' }), cancelled('before')]);
    store.put(jobSummary({ id: 'a', status: 'building', state: { building: 'installing' }, revision: 3 }));
    store.put({ ...endedJob('b', endedAt), revision: 9 });
    store.put(jobSummary({ id: 'c' }));
    clock.increment(announcementPauseMs);
    expect(said).toEqual([]);
    store.put(cancelled('a'));
    clock.increment(0);
    expect(said).toEqual(['a, build 1: cancelled.']);
  });

  test('is summed up when much happens, and said with pauses', () => {
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const { clock, store, said } = listen(ids.map((id) => jobSummary({ id })));
    store.put(cancelled('a'));
    clock.increment(0);
    for (const id of ids.slice(1)) store.put(cancelled(id));
    clock.increment(announcementPauseMs - 1);
    expect(said).toEqual(['a, build 1: cancelled.']);
    clock.increment(1);
    expect(said.slice(1)).toEqual(['b, build 1: cancelled. c, build 1: cancelled. d, build 1: cancelled. And 2 more.']);
    clock.increment(10 * announcementPauseMs);
    expect(said).toHaveLength(2);
  });

  test('ends when nobody looks at the queue any more', () => {
    const { clock, store, said, stop } = listen([jobSummary({ id: 'a' })]);
    store.put(cancelled('a'));
    stop();
    clock.increment(announcementPauseMs);
    expect(said).toEqual([]);
  });
});
