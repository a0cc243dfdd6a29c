import { describe, expect, test } from 'vitest';
import * as bounds from '../src/features/connection/bounds.ts';
import {
  awayError,
  frameOf,
  type LiveByHand,
  liveByHand,
  logFrame,
  pong,
  readTopic,
  settled,
  signedOutError,
} from './live-by-hand.ts';

/** A started connection that is read by one reader of the queue. */
function started() {
  const hand = liveByHand();
  const queue = readTopic(hand.live, 'queue');
  hand.live.start();
  return { ...hand, queue };
}

/** The same with an open, proven socket. */
function opened() {
  const hand = started();
  hand.socket().listener.opened();
  hand.socket().listener.frame(frameOf('queue', { type: 'snapshot', position: '5', jobs: [] }));
  return hand;
}

/** Lets time pass in which the socket shows that it lives. */
function passAlive(hand: LiveByHand, durationMs: number): void {
  for (let leftMs = durationMs; leftMs > 0; leftMs -= bounds.quietMs / 2) {
    hand.socket().listener.frame(pong);
    hand.clock.increment(Math.min(leftMs, bounds.quietMs / 2));
  }
}

/** The same after two sockets that failed to open. */
function onFallback() {
  const hand = started();
  hand.failSockets(bounds.failuresUntilFallback);
  return hand;
}

const subscriptions = (hand: LiveByHand) => hand.socket().sent.filter(({ type }) => type === 'subscribe');

/** Answers everything that is being asked for with an empty snapshot. */
async function answerAll({ questions }: LiveByHand): Promise<void> {
  for (const { topic, answer } of questions.splice(0)) {
    answer({ frame: frameOf(topic, { type: 'snapshot', position: null, storeId: '' }), hasMore: false });
  }
  await settled();
}

async function failAll({ questions }: LiveByHand, error: Error): Promise<void> {
  for (const { fail } of questions.splice(0)) fail(error);
  await settled();
}

describe('the socket', () => {
  test('carries every topic that is read when it opens, and is live', () => {
    const hand = started();
    readTopic(hand.live, 'logs:a', { since: 40 });
    expect(hand.mode()).toBe('connecting');
    hand.socket().listener.opened();
    expect(hand.mode()).toBe('live');
    expect(hand.socket().sent).toEqual([
      { type: 'subscribe', topic: 'queue' },
      { type: 'subscribe', topic: 'logs:a', since: 40, storeId: '' },
    ]);
  });

  test('takes up a topic that is read later, and drops one that nobody reads any more', () => {
    const hand = opened();
    const job = readTopic(hand.live, 'job:a');
    expect(hand.socket().sent.at(-1)).toEqual({ type: 'subscribe', topic: 'job:a' });
    hand.socket().listener.frame(frameOf('job:a', { type: 'snapshot' }));
    expect(job.kinds()).toEqual(['snapshot']);
    job.stop();
    job.stop();
    expect(hand.socket().sent.at(-1)).toEqual({ type: 'unsubscribe', topic: 'job:a' });
    hand.socket().listener.frame(frameOf('job:a'));
    expect(job.kinds()).toEqual(['snapshot']);
    expect(hand.sockets).toHaveLength(1);
  });

  test('after a loss resumes each topic where it was, in the store that it was in', () => {
    const hand = opened();
    readTopic(hand.live, 'notifications');
    hand.socket().listener.frame(frameOf('notifications', { type: 'snapshot', position: '6' }));
    hand.socket().listener.frame(frameOf('queue', { position: '9' }));
    hand.socket().listener.ended('lost');
    expect(hand.mode()).toBe('connecting');
    hand.clock.increment(250);
    hand.socket().listener.opened();
    expect(subscriptions(hand)).toEqual([
      { type: 'subscribe', topic: 'queue', since: '9', storeId: 'store-1' },
      { type: 'subscribe', topic: 'notifications', since: '6', storeId: 'store-1' },
    ]);
    expect(hand.open()).toEqual({ sockets: 1, streams: 0 });
  });

  test('begins every topic anew after something that is no frame, and falls back when it comes again', () => {
    const hand = opened();
    for (const failures of [1, 2]) {
      hand.socket().listener.ended('nonsense');
      expect(hand.streams).toHaveLength(failures - 1);
      hand.clock.increment(bounds.socketRetryMs);
      hand.socket().listener.opened();
      expect(subscriptions(hand)).toEqual([{ type: 'subscribe', topic: 'queue' }]);
      hand.socket().listener.frame(frameOf('queue', { type: 'snapshot' }));
    }
    hand.clock.increment(bounds.provenAfterMs);
    hand.socket().listener.ended('nonsense');
    expect(hand.streams).toHaveLength(1);
  });

  test('is pinged when it was quiet, and taken for lost when nothing comes of it', () => {
    const hand = opened();
    hand.clock.increment(bounds.quietMs - 1);
    expect(hand.socket().sent).not.toContainEqual({ type: 'ping' });
    hand.clock.increment(1);
    expect(hand.socket().sent.at(-1)).toEqual({ type: 'ping' });
    hand.socket().listener.frame(pong);
    hand.clock.increment(bounds.quietMs);
    hand.clock.increment(bounds.pongTimeoutMs - 1);
    expect(hand.sockets).toHaveLength(1);
    hand.clock.increment(1);
    expect(hand.sockets).toHaveLength(2);
    expect(hand.open().sockets).toBe(1);
    expect(hand.mode()).toBe('connecting');
  });

  test('is not pinged while frames come', () => {
    const hand = opened();
    for (let second = 0; second < 30; second += 1) {
      hand.clock.increment(1_000);
      hand.socket().listener.frame(frameOf('queue'));
    }
    expect(hand.socket().sent).not.toContainEqual({ type: 'ping' });
  });

  test('is asked for a sign of life at once when the page is back, and replaced when none comes soon', () => {
    const hand = opened();
    hand.comeBack();
    expect(hand.socket().sent.at(-1)).toEqual({ type: 'ping' });
    hand.socket().listener.frame(pong);
    hand.clock.increment(bounds.checkTimeoutMs);
    expect(hand.sockets).toHaveLength(1);
    hand.comeBack();
    hand.clock.increment(bounds.checkTimeoutMs);
    expect(hand.sockets).toHaveLength(2);
    hand.socket().listener.opened();
    expect(subscriptions(hand)).toEqual([{ type: 'subscribe', topic: 'queue', since: '5', storeId: 'store-1' }]);
  });

  test('that has been opening for a while is opened anew when the page is back, a fresh one is not', () => {
    const hand = started();
    hand.comeBack();
    expect(hand.sockets).toHaveLength(1);
    hand.clock.increment(bounds.freshMs);
    hand.comeBack();
    expect(hand.sockets).toHaveLength(2);
    expect(hand.open().sockets).toBe(1);
  });

  test('that neither opens nor fails is given up in time', () => {
    const hand = started();
    hand.clock.increment(bounds.openTimeoutMs);
    expect(hand.sockets[0]?.isClosed).toBe(true);
    hand.clock.increment(1_500);
    expect(hand.sockets).toHaveLength(2);
  });

  test('gives a topic that the server cannot follow just now another try, and leaves the others alone', () => {
    const hand = opened();
    const job = readTopic(hand.live, 'job:a');
    const before = hand.socket().sent.length;
    hand.socket().listener.frame(frameOf('job:a', { type: 'error', position: null, code: 'unavailable' }));
    expect(job.kinds()).toEqual([]);
    hand.clock.increment(250);
    expect(hand.socket().sent.slice(before)).toEqual([{ type: 'subscribe', topic: 'job:a' }]);
    expect(hand.sockets).toHaveLength(1);
  });

  test('asks ever less often for a topic that cannot be followed, until it could be', () => {
    const hand = opened();
    readTopic(hand.live, 'job:a');
    const refuse = () =>
      hand.socket().listener.frame(frameOf('job:a', { type: 'error', position: null, code: 'unavailable' }));
    const subscribed = () => hand.socket().sent.filter(({ type }) => type === 'subscribe').length;
    const expectNextAfter = (delayMs: number) => {
      const before = subscribed();
      refuse();
      passAlive(hand, delayMs - 1);
      expect(subscribed()).toBe(before);
      hand.clock.increment(1);
      expect(subscribed()).toBe(before + 1);
    };
    for (const delayMs of [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000]) expectNextAfter(delayMs);
    expectNextAfter(bounds.longestTopicRetryMs);
    expectNextAfter(bounds.longestTopicRetryMs);
    hand.socket().listener.frame(frameOf('job:a', { type: 'snapshot' }));
    expectNextAfter(bounds.topicRetryMs);
  });

  test('tells a reader that its topic is not there, and does not ask for it again', () => {
    const hand = opened();
    const job = readTopic(hand.live, 'job:none');
    const refusal = frameOf('job:none', {
      type: 'error',
      position: null,
      code: 'not-found',
      message: 'No such build.',
    });
    hand.socket().listener.frame(refusal);
    expect(job.told).toEqual([['refused', refusal]]);
    hand.socket().listener.ended('lost');
    hand.clock.increment(250);
    hand.socket().listener.opened();
    expect(subscriptions(hand)).toEqual([{ type: 'subscribe', topic: 'queue', since: '5', storeId: 'store-1' }]);
  });
});

describe('retries', () => {
  test('double from a quarter of a second, stay under 1.5 s for a minute, and then grow to 15 s', () => {
    const delay = (failures: number, outageMs = 0, random = 0) => bounds.retryDelayMs({ failures, outageMs, random });
    expect([0, 1, 2, 3, 4, 50].map((failures) => delay(failures))).toEqual([250, 250, 500, 1_000, 1_500, 1_500]);
    expect([60_000, 120_000, 600_000, 3_600_000].map((outageMs) => delay(50, outageMs))).toEqual([
      1_500, 3_000, 15_000, 15_000,
    ]);
    expect(delay(50, 0, 1)).toBe(1_000);
  });

  test('of a server that was away for ten minutes come at once when somebody looks', () => {
    const hand = started();
    for (let second = 0; second < 600; second += 1) {
      if (!hand.socket().isClosed) hand.socket().listener.ended('lost');
      hand.clock.increment(1_000);
    }
    hand.socket().listener.ended('lost');
    const before = hand.sockets.length;
    hand.clock.increment(2_000);
    expect(hand.sockets).toHaveLength(before);
    hand.comeBack();
    expect(hand.sockets).toHaveLength(before + 1);
    hand.socket().listener.ended('lost');
    hand.clock.increment(1_500);
    expect(hand.sockets).toHaveLength(before + 2);
  });
});

describe('the fallback', () => {
  test('is not taken after a loss, only after two sockets in a row that failed to open', () => {
    const hand = opened();
    for (let losses = 0; losses < 5; losses += 1) {
      hand.socket().listener.ended('lost');
      hand.clock.increment(250);
      hand.socket().listener.opened();
      hand.socket().listener.frame(frameOf('queue'));
    }
    expect(hand.streams).toHaveLength(0);
    hand.socket().listener.ended('lost');
    hand.clock.increment(250);
    hand.failSockets(2);
    expect(hand.streams).toHaveLength(1);
  });

  test('by events carries queue and notifications, and asks for the rest', async () => {
    const hand = onFallback();
    const [notifications, job] = [readTopic(hand.live, 'notifications'), readTopic(hand.live, 'job:a')];
    hand.stream().listener.opened();
    expect(hand.mode()).toBe('events');
    const frames = [
      frameOf('queue', { type: 'snapshot', jobs: [] }),
      frameOf('notifications', { type: 'snapshot', notifications: [] }),
    ];
    hand.stream().listener.frames(frames, { position: '7', storeId: 'store-1' });
    expect([hand.queue.kinds(), notifications.kinds()]).toEqual([['snapshot'], ['snapshot']]);
    const asked = hand.questions.filter(({ signal }) => !signal.aborted).map(({ topic }) => topic);
    expect(asked).toEqual(['job:a']);
    await answerAll(hand);
    expect(job.kinds()).toEqual(['snapshot']);
    expect(hand.queue.kinds()).toEqual(['snapshot']);
    hand.clock.increment(2_000);
    expect(hand.questions.map(({ topic }) => topic)).toEqual(['job:a']);
  });

  test('by events goes on where it was after a loss, and so does the socket after it', () => {
    const hand = onFallback();
    hand.stream().listener.opened();
    hand.stream().listener.frames([frameOf('queue', { type: 'snapshot', jobs: [] })], {
      position: '8',
      storeId: 'store-1',
    });
    hand.stream().listener.ended('lost');
    hand.clock.increment(250);
    expect(hand.stream().mark).toEqual({ position: '8', storeId: 'store-1' });
    hand.comeBack();
    hand.socket().listener.opened();
    expect(subscriptions(hand)).toEqual([{ type: 'subscribe', topic: 'queue', since: '8', storeId: 'store-1' }]);
    expect(hand.open()).toEqual({ sockets: 1, streams: 0 });
  });

  test('begins the events anew when something was asked for while they opened', async () => {
    const hand = onFallback();
    hand.stream().listener.opened();
    hand.stream().listener.frames([frameOf('queue', { type: 'snapshot', jobs: [] })], {
      position: '8',
      storeId: 'store-1',
    });
    hand.stream().listener.ended('lost');
    hand.clock.increment(250);
    await answerAll(hand);
    hand.stream().listener.opened();
    expect(hand.stream().mark).toBeNull();
    expect(hand.open().streams).toBe(1);
  });

  test('takes a stream without any sign of life for lost', () => {
    const hand = onFallback();
    hand.stream().listener.opened();
    hand.clock.increment(bounds.streamSilenceMs / 2);
    hand.stream().listener.heard();
    hand.clock.increment(bounds.streamSilenceMs - 1);
    expect(hand.streams).toHaveLength(1);
    expect(hand.mode()).toBe('events');
    hand.clock.increment(1);
    hand.clock.increment(250);
    expect(hand.streams).toHaveLength(2);
  });

  test('by asking follows after two streams that failed, as often as it was chosen', async () => {
    const hand = onFallback();
    hand.stream().listener.ended('lost');
    hand.clock.increment(250);
    hand.stream().listener.ended('lost');
    await answerAll(hand);
    expect(hand.mode()).toBe('polling');
    expect(hand.queue.kinds()).toEqual(['snapshot']);
    hand.clock.increment(1_999);
    expect(hand.questions).toHaveLength(0);
    hand.clock.increment(1);
    expect(hand.questions).toHaveLength(1);
  });

  test('asks at once for what this page has changed, and for what is read from now on', async () => {
    const hand = onFallback();
    await answerAll(hand);
    hand.live.refresh();
    expect(hand.questions).toHaveLength(1);
    readTopic(hand.live, 'job:a');
    await answerAll(hand);
    expect(hand.questions.map(({ topic }) => topic)).toEqual(['queue', 'job:a']);
  });

  test('tries the socket every 30 s while it works, and ends when one opens', async () => {
    const hand = onFallback();
    await answerAll(hand);
    hand.socket().listener.ended('lost');
    const before = hand.sockets.length;
    for (let second = 1; second < 30; second += 1) {
      hand.clock.increment(1_000);
      await answerAll(hand);
    }
    expect(hand.sockets).toHaveLength(before);
    hand.clock.increment(1_000);
    expect(hand.sockets).toHaveLength(before + 1);
    hand.socket().listener.opened();
    expect(hand.mode()).toBe('live');
    expect(hand.open()).toEqual({ sockets: 1, streams: 0 });
    expect(hand.questions.every(({ signal }) => signal.aborted)).toBe(true);
    hand.questions.splice(0);
    hand.clock.increment(60_000);
    expect(hand.questions).toHaveLength(0);
  });

  test('says that it is offline while nothing is answered, and opens a socket at once when something is', async () => {
    const hand = onFallback();
    await failAll(hand, awayError());
    expect(hand.mode()).toBe('offline');
    hand.socket().listener.ended('lost');
    const before = hand.sockets.length;
    hand.clock.increment(250);
    await answerAll(hand);
    expect(hand.sockets).toHaveLength(before + 1);
    expect(hand.mode()).toBe('connecting');
  });

  test('goes on when one topic alone cannot be answered for', async () => {
    const hand = onFallback();
    readTopic(hand.live, 'job:a');
    await answerAll(hand);
    for (const { topic, answer, fail } of hand.questions.splice(0)) {
      if (topic === 'job:a') fail(awayError());
      else answer({ frame: frameOf(topic, { type: 'snapshot' }), hasMore: false });
    }
    await settled();
    expect(hand.mode()).not.toBe('offline');
  });
});

describe('a server that stays away', () => {
  async function stopped() {
    const hand = onFallback();
    for (let polls = 0; polls < bounds.maxUnansweredPolls; polls += 1) {
      await failAll(hand, awayError());
      hand.clock.increment(15_000);
    }
    return hand;
  }

  test('is asked for a long time, and then no more', async () => {
    const hand = await stopped();
    expect(hand.mode()).toBe('stopped');
    expect(hand.open()).toEqual({ sockets: 0, streams: 0 });
    hand.clock.increment(3_600_000);
    expect(hand.questions).toHaveLength(0);
  });

  test.each(['somebody tries again', 'the page is back'])('is asked again when %s', async (who) => {
    const hand = await stopped();
    if (who === 'the page is back') hand.comeBack();
    else hand.live.check();
    expect(hand.mode()).toBe('connecting');
    hand.socket().listener.opened();
    expect(hand.mode()).toBe('live');
  });
});

describe('lines of a log', () => {
  test('come once each, in order, over every way there is', async () => {
    const hand = opened();
    const log = readTopic(hand.live, 'logs:a');
    hand.socket().listener.frame(logFrame('snapshot', 1, 10));
    hand.socket().listener.frame(logFrame('update', 11, 12));
    hand.socket().listener.ended('lost');
    hand.clock.increment(250);
    hand.failSockets(2);
    const first = hand.questions.findLast(({ topic }) => topic === 'logs:a');
    expect(first?.mark?.position).toBe(12);
    // The first page of two; an answer that overlaps what is known tells the rest only.
    first?.answer({ frame: logFrame('update', 12, 14), hasMore: true });
    await settled();
    const second = hand.questions.findLast(({ topic }) => topic === 'logs:a');
    expect(second?.mark?.position).toBe(14);
    hand.comeBack();
    hand.socket().listener.opened();
    second?.answer({ frame: logFrame('update', 15, 16), hasMore: false });
    await settled();
    expect(log.lines()).toEqual(logFrame('update', 1, 14).lines?.map(({ n }) => n));
    expect(subscriptions(hand)).toContainEqual({ type: 'subscribe', topic: 'logs:a', since: 14, storeId: '' });
    hand.socket().listener.frame(logFrame('update', 15, 17));
    expect(log.lines()).toEqual(logFrame('update', 1, 17).lines?.map(({ n }) => n));
  });
});

describe('starting and stopping', () => {
  test('twice is the same as once, and leaves one socket or none', () => {
    const { live, open } = liveByHand();
    live.start();
    live.stop();
    live.start();
    live.start();
    expect(open()).toEqual({ sockets: 1, streams: 0 });
    live.stop();
    live.stop();
    expect(open()).toEqual({ sockets: 0, streams: 0 });
  });

  test('keeps who reads, who goes on where it was', () => {
    const hand = opened();
    hand.live.stop();
    hand.live.start();
    hand.socket().listener.opened();
    expect(subscriptions(hand)).toEqual([{ type: 'subscribe', topic: 'queue', since: '5', storeId: 'store-1' }]);
  });

  test.each(['socket', 'stream', 'answer'])('ends with the session when the %s says that it is over', async (who) => {
    const hand = who === 'socket' ? opened() : onFallback();
    if (who === 'socket') hand.socket().listener.ended('signed-out');
    else if (who === 'stream') hand.stream().listener.ended('signed-out');
    else await failAll(hand, signedOutError());
    expect(hand.signedOut()).toBe(1);
    expect(hand.open()).toEqual({ sockets: 0, streams: 0 });
    hand.comeBack();
    hand.clock.increment(3_600_000);
    expect(hand.open()).toEqual({ sockets: 0, streams: 0 });
  });
});
