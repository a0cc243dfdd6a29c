import type { Notification } from '@yardmaster/protocol';
import { describe, expect, test } from 'vitest';
import {
  createArrivals,
  gatherMs,
  isShownAlready,
  maxAgeMs,
  maxAtOnce,
  type Told,
} from '../src/features/notifications/arrivals.ts';
import { countsText } from '../src/features/notifications/notification-display.ts';

const nowMs = Date.UTC(2026, 0, 1, 12);

const notification = (jobId: string, type: Notification['type'], ageMs = 0): Notification => ({
  id: `${jobId}:${type}:1`,
  jobId,
  type,
  title: `Build ${type}`,
  message: '…',
  read: false,
  actionUrl: `/jobs/${jobId}`,
  createdAt: new Date(nowMs - ageMs).toISOString(),
});

function open() {
  const told: Told[] = [];
  const timers = new Set<{ readonly callback: () => void; readonly delayMs: number }>();
  const arrivals = createArrivals({
    nowMs: () => nowMs,
    setTimer(callback, delayMs) {
      const timer = { callback, delayMs };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    tell: (one) => told.push(one),
  });
  return {
    arrivals,
    told,
    timers,
    pass() {
      for (const timer of [...timers]) {
        timers.delete(timer);
        timer.callback();
      }
    },
  };
}

describe('what arrives', () => {
  test('is told one by one, a moment later', () => {
    const { arrivals, told, timers, pass } = open();
    arrivals.add(notification('a', 'completed'));
    arrivals.add(notification('b', 'failed'));
    expect([...timers].map(({ delayMs }) => delayMs)).toEqual([gatherMs]);
    expect(told).toEqual([]);
    pass();
    expect(told).toMatchObject([{ kind: 'each', notifications: [{ jobId: 'a' }, { jobId: 'b' }] }]);
  });

  test('is told of one build once, by what is newest', () => {
    const { arrivals, told, pass } = open();
    arrivals.add(notification('a', 'queued'));
    arrivals.add(notification('a', 'started'));
    pass();
    expect(told).toMatchObject([{ kind: 'each', notifications: [{ type: 'started' }] }]);
    expect(told[0]?.notifications).toHaveLength(1);
  });

  test('is summed up when it is too much at once', () => {
    const { arrivals, told, pass } = open();
    for (let n = 0; n <= maxAtOnce; n++) arrivals.add(notification(`job-${n}`, 'completed'));
    pass();
    expect(told).toMatchObject([{ kind: 'summary', isLate: false }]);
    expect(told[0]?.notifications).toHaveLength(maxAtOnce + 1);
  });

  test('is summed up when it happened long ago, as after a sleep', () => {
    const { arrivals, told, pass } = open();
    arrivals.add(notification('a', 'completed', maxAgeMs + 1));
    pass();
    arrivals.add(notification('b', 'completed', maxAgeMs));
    pass();
    expect(told).toMatchObject([{ kind: 'summary', isLate: true }, { kind: 'each' }]);
  });

  test('is not told any more after a stop', () => {
    const { arrivals, told, pass } = open();
    arrivals.add(notification('a', 'completed'));
    arrivals.stop();
    pass();
    expect(told).toEqual([]);
  });
});

describe('what happens to a build', () => {
  const page = { path: '/jobs/a', isInForeground: true };

  test.each([
    ['started', page, true],
    ['queued', page, true],
    ['completed', page, false],
    ['failed', page, false],
    ['started', { ...page, isInForeground: false }, false],
    ['started', { ...page, path: '/jobs/b' }, false],
    ['cancelled', { ...page, path: '/jobs/b' }, true],
    ['retried', { ...page, path: '/' }, true],
  ] as const)('%s at %j is shown already: %j', (type, where, expected) => {
    expect(isShownAlready({ jobId: 'a', type }, where)).toBe(expected);
  });
});

test('counts are words, worst first', () => {
  const types = ['queued', 'completed', 'failed', 'completed'] as const;
  expect(countsText(types.map((type) => ({ type })))).toBe('1 failed, 2 completed, and 1 queued');
});
