import type { LogLineView, LogPage, ServerFrame } from '@yardmaster/protocol';
import { describe, expect, it } from 'vitest';
import { retryDelaysMs, startLogFeed } from '../src/features/log/log-feed.ts';
import { createLogStore } from '../src/features/log/log-store.ts';
import { type LogQuery, RequestFailed, unreachable } from '../src/shared/api/api.ts';
import type { FollowOptions, LiveTopic, TopicReader } from '../src/shared/live/live.ts';
import { logLines } from './log-lines.ts';

/** A feed from a server whose log is `log.lines`, and a live connection of which the test sends each frame. */
function feedFrom(log: { lines: LogLineView[]; failure?: RequestFailed | null }) {
  const asked: LogQuery[] = [];
  const paused: number[] = [];
  const follows: { topic: LiveTopic; reader: TopicReader; options: FollowOptions | undefined }[] = [];
  let unfollowed = 0;
  const store = createLogStore((callback) => callback());
  const feed = startLogFeed({
    jobId: 'j1',
    store,
    live: {
      follow(topic, reader, options) {
        follows.push({ topic, reader, options });
        return () => {
          unfollowed += 1;
        };
      },
    },
    async fetchLines(_jobId, query): Promise<LogPage> {
      asked.push(query);
      if (log.failure) throw log.failure;
      const { after, limit = 1_000 } = query;
      const lines = log.lines.filter(({ n }) => n > after).slice(0, limit);
      return { lines, next: null, total: log.lines.at(-1)?.n ?? 0 };
    },
    async pause(delayMs) {
      paused.push(delayMs);
    },
  });
  const send = (type: 'snapshot' | 'update', lines: LogLineView[]) => {
    const frame: ServerFrame = { topic: 'logs:j1', storeId: 's', position: lines.at(-1)?.n ?? 0, type, lines };
    follows.at(-1)?.reader[type](frame);
  };
  /** Until what has been asked for has been answered: everything here is answered at once. */
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { store, feed, asked, paused, follows, send, settled, unfollowed: () => unfollowed };
}

describe('the feed of a log', () => {
  it('takes what there is by pages, the end first after the beginning, and follows from there', async () => {
    const { store, asked, follows, settled } = feedFrom({ lines: logLines(1, 23_000) });
    await settled();
    expect(asked.map(({ after }) => after)).toEqual([0, 18_000, 5_000, 10_000, 15_000]);
    expect(asked.every(({ limit = 0 }) => limit <= 5_000)).toBe(true);
    expect(follows.map(({ topic, options }) => [topic, options])).toEqual([['logs:j1', { since: 23_000 }]]);
    expect(store.view()).toMatchObject({ isKnown: true, held: 23_000, last: 23_000, readTo: 23_000, trouble: null });
  });

  it('knows of a log without lines that it has none', async () => {
    const { store, follows, settled } = feedFrom({ lines: [] });
    expect(store.view().isKnown).toBe(false);
    await settled();
    expect(store.view()).toMatchObject({ isKnown: true, last: 0 });
    expect(follows).toHaveLength(1);
  });

  it('takes every line once that comes live, also when some come again', async () => {
    const log = { lines: logLines(1, 3) };
    const { store, send, settled, asked } = feedFrom(log);
    await settled();
    send('update', logLines(4, 6));
    send('update', logLines(5, 8));
    send('snapshot', logLines(1, 9));
    await settled();
    expect(store.view()).toMatchObject({ held: 9, last: 9, epoch: 0 });
    expect(asked).toHaveLength(1);
  });

  it('asks for what is missing before a snapshot that begins later', async () => {
    const log = { lines: logLines(1, 3) };
    const { store, send, settled, asked } = feedFrom(log);
    await settled();
    log.lines = logLines(1, 2_000);
    send('snapshot', logLines(1_001, 2_000));
    expect(store.view()).toMatchObject({ held: 1_003, readTo: 3 });
    await settled();
    expect(asked.at(-1)).toEqual({ after: 3, limit: 997 });
    expect(store.view()).toMatchObject({ held: 2_000, readTo: 2_000, lost: 0 });
  });

  it('counts as lost what the server does not have either', async () => {
    const log = { lines: [...logLines(1, 3), ...logLines(7, 9)] };
    const { store, settled } = feedFrom(log);
    await settled();
    expect(store.view()).toMatchObject({ held: 6, last: 9, lost: 3, readTo: 9 });
  });

  it('tries again while the server cannot be reached, then waits to be asked', async () => {
    const log: Parameters<typeof feedFrom>[0] = { lines: logLines(1, 3), failure: new RequestFailed(unreachable) };
    const { store, feed, settled, paused, asked } = feedFrom(log);
    await settled();
    expect(paused).toEqual([...retryDelaysMs]);
    expect(asked).toHaveLength(retryDelaysMs.length + 1);
    expect(store.view()).toMatchObject({ isKnown: false, trouble: unreachable });
    log.failure = null;
    feed.retry();
    await settled();
    expect(store.view()).toMatchObject({ isKnown: true, held: 3, trouble: null });
  });

  it('does not repeat what is refused, not even when lines come', async () => {
    const log: Parameters<typeof feedFrom>[0] = { lines: logLines(1, 3) };
    const { store, send, settled, asked } = feedFrom(log);
    await settled();
    const refusal = { code: 'forbidden', message: 'No.', hint: null };
    log.failure = new RequestFailed(refusal);
    send('update', logLines(10, 12));
    await settled();
    send('update', logLines(13, 14));
    await settled();
    expect(asked).toHaveLength(2);
    expect(store.view()).toMatchObject({ held: 8, trouble: refusal });
  });

  it('gets what is missing as soon as lines come again after the server could not be reached', async () => {
    const log: Parameters<typeof feedFrom>[0] = { lines: logLines(1, 3) };
    const { store, send, settled } = feedFrom(log);
    await settled();
    log.failure = new RequestFailed(unreachable);
    send('update', logLines(10, 12));
    await settled();
    expect(store.view().trouble).toEqual(unreachable);
    log.failure = null;
    log.lines = logLines(1, 13);
    send('update', logLines(13, 13));
    await settled();
    expect(store.view()).toMatchObject({ held: 13, readTo: 13, trouble: null });
  });

  it('follows anew when it is asked to try again after the live connection refused it', async () => {
    const { store, feed, follows, settled, send } = feedFrom({ lines: logLines(1, 3) });
    await settled();
    const refusal = { topic: 'logs:j1', storeId: 's', position: null, type: 'error', code: 'not-found' } as const;
    follows.at(-1)?.reader.refused?.(refusal);
    expect(store.view().trouble).toMatchObject({ code: 'not-found' });
    feed.retry();
    await settled();
    send('update', logLines(4, 5));
    expect(follows).toHaveLength(2);
    expect(store.view()).toMatchObject({ held: 5, trouble: null });
  });

  it('follows no longer once it is stopped', async () => {
    const { feed, settled, unfollowed } = feedFrom({ lines: logLines(1, 3) });
    await settled();
    feed.stop();
    expect(unfollowed()).toBe(1);
  });

  it('does not begin to follow when it was stopped while the first page was on its way', async () => {
    const { feed, settled, follows } = feedFrom({ lines: logLines(1, 3) });
    feed.stop();
    await settled();
    expect(follows).toEqual([]);
  });
});
