import type { EventView, JobSummary, ServerFrame } from '@yardmaster/protocol';
import { aBuild } from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';
import type { Live, TopicReader } from '../src/shared/live/live.ts';
import {
  askAgainAfterMs,
  askAgainAtMostMs,
  type BuildFollower,
  createBuildFollower,
  maxWaitingFrames,
  type WholeBuild,
} from '../src/shared/replay/build-follower.ts';
import { jobSummary } from './job-summary.ts';
import { eventViews } from './recorded-history.ts';

const { events } = aBuild().completed();
const views = eventViews(events);
const others = eventViews(events, { recording: 'b' });

const jobAt = (revision: number, changes: Partial<JobSummary> = {}): JobSummary =>
  jobSummary({ id: '1', revision, ...changes });

function frame(
  type: 'snapshot' | 'update',
  some: readonly EventView[],
  changes: Partial<JobSummary> = {},
): ServerFrame {
  const job = jobAt(some.at(-1)?.revision ?? 0, changes);
  return { topic: 'job:1', storeId: 's', position: null, type, job, events: [...some] };
}

/** A follower with the world around it in the test's hands. */
function follow() {
  const readers = new Set<TopicReader>();
  const live: Live = {
    follow(topic, reader) {
      expect(topic).toBe('job:1');
      readers.add(reader);
      return () => readers.delete(reader);
    },
    refresh() {},
    onBack: () => () => {},
  };
  const paints = new Set<() => void>();
  const timers = new Set<{ readonly callback: () => void; readonly delayMs: number }>();
  const asked: (PromiseWithResolvers<WholeBuild> & { readonly signal: AbortSignal })[] = [];
  const follower = createBuildFollower({
    live,
    jobId: '1',
    fetchBuild(signal) {
      const answer = { ...Promise.withResolvers<WholeBuild>(), signal };
      asked.push(answer);
      return answer.promise;
    },
    beforeNextPaint(callback) {
      paints.add(callback);
      return () => paints.delete(callback);
    },
    setTimer(callback, delayMs) {
      const timer = { callback, delayMs };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  });
  const runAll = (callbacks: Set<() => void>) => {
    const due = [...callbacks];
    callbacks.clear();
    for (const callback of due) callback();
  };
  return {
    follower,
    readers,
    paints,
    timers,
    asked,
    send: (sent: ServerFrame) => {
      for (const reader of readers) (sent.type === 'snapshot' ? reader.snapshot : reader.update)(sent);
    },
    refuse: (code: string) => {
      const refusal: ServerFrame = {
        topic: 'job:1',
        storeId: 's',
        position: null,
        type: 'error',
        code,
        message: 'No.',
      };
      for (const reader of readers) reader.refused?.(refusal);
    },
    paint: () => runAll(paints),
    elapse: () => {
      const due = [...timers];
      timers.clear();
      for (const { callback } of due) callback();
    },
  };
}

/** One that follows, and what it told. */
function followed() {
  const world = follow();
  let told = 0;
  const unsubscribe = world.follower.subscribe(() => {
    told += 1;
  });
  return { ...world, unsubscribe, told: () => told };
}

const hashes = (follower: BuildFollower): readonly unknown[] => {
  const view = follower.view();
  return view.status === 'known' ? view.replay.frames.map(({ recorded }) => recorded.metadata.hash) : [view.status];
};
const hashesOf = (some: readonly EventView[]) => some.map(({ metadata }) => metadata.hash);
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a followed build', () => {
  test('is loading until its snapshot, and then grows with every update', () => {
    const { follower, send, paint } = followed();
    expect(follower.view()).toEqual({ status: 'loading' });
    send(frame('snapshot', views.slice(0, 4)));
    paint();
    send(frame('update', views.slice(4, 6)));
    paint();
    expect(hashes(follower)).toEqual(hashesOf(views.slice(0, 6)));
    expect(follower.view()).toMatchObject({ status: 'known', job: { revision: 5 } });
  });

  test('tells of a burst once per painted picture', () => {
    const { follower, send, paint, told } = followed();
    send(frame('snapshot', views.slice(0, 2)));
    for (const view of views.slice(2)) send(frame('update', [view]));
    expect(told()).toBe(0);
    paint();
    expect(told()).toBe(1);
    expect(hashes(follower)).toEqual(hashesOf(views));
  });

  test('stays the same object, and the same moments, when a snapshot says nothing new', () => {
    const { follower, send, paint } = followed();
    send(frame('snapshot', views));
    paint();
    const before = follower.view();
    send(frame('snapshot', views, { queuePosition: 3 }));
    paint();
    const after = follower.view();
    expect(after).toMatchObject({ job: { queuePosition: 3 } });
    expect(after.status === 'known' && before.status === 'known' && after.replay === before.replay).toBe(true);
  });

  test('keeps the newer summary when an older one comes late', () => {
    const { follower, send, paint } = followed();
    send(frame('snapshot', views.slice(0, 6)));
    send({ ...frame('update', []), job: jobAt(2) });
    paint();
    expect(follower.view()).toMatchObject({ job: { revision: 5 } });
  });

  test('takes events that come twice once', () => {
    const { follower, send, paint, asked } = followed();
    send(frame('snapshot', views.slice(0, 6)));
    send(frame('update', views.slice(3, 8)));
    send(frame('update', views.slice(7, 9)));
    paint();
    expect(hashes(follower)).toEqual(hashesOf(views.slice(0, 9)));
    expect(asked).toHaveLength(0);
  });

  test('does not let waiting updates grow without bound while nothing is painted', () => {
    const { follower, send } = followed();
    send(frame('snapshot', views));
    for (let count = 0; count < maxWaitingFrames; count += 1) send(frame('update', []));
    expect(hashes(follower)).toEqual(hashesOf(views));
  });
});

describe('what does not fit', () => {
  test('another history replaces the one that was there, whether it is longer or shorter', () => {
    for (const next of [others, others.slice(0, 3)]) {
      const { follower, send, paint, asked } = followed();
      send(frame('snapshot', views.slice(0, 6)));
      paint();
      send(frame('snapshot', next));
      paint();
      expect(hashes(follower)).toEqual(hashesOf(next));
      expect(follower.view()).toMatchObject({ job: { revision: next.length - 1 } });
      expect(asked).toHaveLength(0);
    }
  });

  test('after a hole the whole build is asked for, and what came meanwhile is not lost', async () => {
    const { follower, send, paint, asked } = followed();
    send(frame('snapshot', views.slice(0, 4)));
    send(frame('update', views.slice(6, 7)));
    paint();
    expect(hashes(follower)).toEqual(hashesOf(views.slice(0, 4)));
    send(frame('update', views.slice(7, 9)));
    asked[0]?.resolve({ job: jobAt(6), events: views.slice(0, 7) });
    await settled();
    expect(hashes(follower)).toEqual(hashesOf(views.slice(0, 9)));
    send(frame('update', views.slice(9)));
    paint();
    expect(hashes(follower)).toEqual(hashesOf(views));
    expect(asked).toHaveLength(1);
  });

  test('a snapshot with less may be late or the truth: the server decides', async () => {
    for (const truth of [views.slice(0, 6), views.slice(0, 3)]) {
      const { follower, send, paint, asked } = followed();
      send(frame('snapshot', views.slice(0, 6)));
      paint();
      send(frame('snapshot', views.slice(0, 3)));
      paint();
      expect(hashes(follower)).toEqual(hashesOf(views.slice(0, 6)));
      asked[0]?.resolve({ job: jobAt(truth.length - 1), events: truth });
      await settled();
      expect(hashes(follower)).toEqual(hashesOf(truth));
      expect(follower.view()).toMatchObject({ job: { revision: truth.length - 1 } });
    }
  });

  test('another event at a known revision means another history, which is asked for', async () => {
    const { follower, send, paint, asked } = followed();
    send(frame('snapshot', views.slice(0, 6)));
    send(frame('update', others.slice(5, 7)));
    paint();
    asked[0]?.resolve({ job: jobAt(6), events: others.slice(0, 7) });
    await settled();
    expect(hashes(follower)).toEqual(hashesOf(others.slice(0, 7)));
  });

  test('is asked about ever less often as long as it is of no use, and at once again after it was', async () => {
    const { send, paint, asked, timers, elapse } = followed();
    send(frame('snapshot', views.slice(0, 2)));
    send(frame('update', views.slice(3, 4)));
    paint();
    const delaysMs: (number | undefined)[] = [];
    for (let time = 0; time < 6; time += 1) {
      asked.at(-1)?.reject(new Error('The server is away.'));
      await settled();
      delaysMs.push([...timers][0]?.delayMs);
      elapse();
    }
    expect(delaysMs).toEqual([askAgainAfterMs, 4_000, 8_000, 16_000, askAgainAtMostMs, askAgainAtMostMs]);
    asked.at(-1)?.resolve({ job: jobAt(3), events: views.slice(0, 4) });
    await settled();
    send(frame('update', views.slice(5, 6)));
    paint();
    // Nothing has joined what was answered: the next question waits, too.
    expect([asked.length, [...timers].map(({ delayMs }) => delayMs)]).toEqual([7, [askAgainAtMostMs]]);
    elapse();
    asked.at(-1)?.resolve({ job: jobAt(5), events: views.slice(0, 6) });
    await settled();
    send(frame('update', views.slice(6, 7)));
    paint();
    send(frame('update', views.slice(8, 9)));
    paint();
    expect([asked.length, timers.size]).toEqual([9, 0]);
  });

  test('an answer that is older than the hole is followed by another question, after a pause', async () => {
    const { follower, send, paint, asked, timers, elapse } = followed();
    send(frame('snapshot', views.slice(0, 4)));
    send(frame('update', views.slice(8, 9)));
    paint();
    asked[0]?.resolve({ job: jobAt(5), events: views.slice(0, 6) });
    await settled();
    expect(asked).toHaveLength(1);
    expect([...timers].map(({ delayMs }) => delayMs)).toEqual([askAgainAfterMs]);
    elapse();
    asked[1]?.resolve({ job: jobAt(8), events: views.slice(0, 9) });
    await settled();
    expect(hashes(follower)).toEqual(hashesOf(views.slice(0, 9)));
  });

  test('an answer that never comes is asked for again', async () => {
    const { follower, send, paint, asked, elapse } = followed();
    send(frame('update', views.slice(4, 5)));
    paint();
    asked[0]?.reject(new Error('unreachable'));
    await settled();
    elapse();
    asked[1]?.resolve({ job: jobAt(4), events: views.slice(0, 5) });
    await settled();
    expect(hashes(follower)).toEqual(hashesOf(views.slice(0, 5)));
  });
});

describe('following', () => {
  test('is done once for all subscribers, and ends with the last of them', () => {
    const { follower, readers, unsubscribe } = followed();
    const alsoUnsubscribe = follower.subscribe(() => {});
    expect(readers.size).toBe(1);
    unsubscribe();
    expect(readers.size).toBe(1);
    alsoUnsubscribe();
    expect(readers.size).toBe(0);
  });

  test('goes on after a pause with the moments it had', () => {
    const { follower, send, paint, unsubscribe } = followed();
    send(frame('snapshot', views.slice(0, 6)));
    paint();
    const before = follower.view();
    unsubscribe();
    follower.subscribe(() => {});
    send(frame('snapshot', views));
    paint();
    const after = follower.view();
    expect(hashes(follower)).toEqual(hashesOf(views));
    const known = before.status === 'known' && after.status === 'known' ? { before, after } : null;
    expect(known?.after.replay.frames[2]).toBe(known?.before.replay.frames[2]);
  });

  test('leaves nothing behind when it ends while it waits', async () => {
    const { send, paint, asked, paints, timers, unsubscribe, told } = followed();
    send(frame('snapshot', views.slice(0, 4)));
    paint();
    send(frame('update', views.slice(6)));
    paint();
    const before = told();
    unsubscribe();
    expect(asked[0]?.signal.aborted).toBe(true);
    asked[0]?.resolve({ job: jobAt(9), events: views });
    await settled();
    expect({ told: told(), paints: paints.size, timers: timers.size }).toEqual({ told: before, paints: 0, timers: 0 });
  });

  test('says that there is no such build', () => {
    const { follower, refuse } = followed();
    refuse('not-found');
    expect(follower.view()).toEqual({ status: 'refused' });
  });
});
