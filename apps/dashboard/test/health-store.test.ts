import type { HealthProblemCode, SystemHealth } from '@yardmaster/protocol';
import { describe, expect, test } from 'vitest';
import { createHealthStore, followHealth } from '../src/shared/health/health-store.ts';
import { frameOf, liveByHand, settled } from './live-by-hand.ts';
import { systemHealth } from './system-health.ts';

/** A page that follows the state of the system, with the server in the test's hands. */
function followed() {
  const { live, socket } = liveByHand();
  const store = createHealthStore();
  const asked: { readonly answer: (health: SystemHealth) => void; readonly fail: () => void }[] = [];
  let refuse = () => {};
  const stop = followHealth({
    live,
    store,
    ask() {
      const { promise, resolve, reject } = Promise.withResolvers<SystemHealth>();
      asked.push({ answer: resolve, fail: () => reject(new Error('No answer.')) });
      return promise;
    },
    onUnavailable(listener) {
      refuse = listener;
      return () => {
        refuse = () => {};
      };
    },
  });
  live.start();
  socket().listener.opened();
  return {
    store,
    asked,
    stop,
    /** The server answers a request of the page with 503. */
    refuse: () => refuse(),
    tell: (...codes: readonly HealthProblemCode[]) =>
      socket().listener.frame(
        frameOf('health', { type: 'snapshot', position: null, storeId: '', health: systemHealth(...codes) }),
      ),
    codes: () => store.view()?.problems.map(({ code }) => code),
    subscriptions: () => socket().sent,
  };
}

describe('the state of the system', () => {
  test('is what the live connection said last', () => {
    const { tell, codes, subscriptions } = followed();
    expect(subscriptions()).toEqual([{ type: 'subscribe', topic: 'health' }]);
    expect(codes()).toBeUndefined();
    tell('no-workers');
    expect(codes()).toEqual(['no-workers']);
    tell();
    expect(codes()).toEqual([]);
  });

  test('is told to nobody twice', () => {
    const { store, tell } = followed();
    let told = 0;
    store.subscribe(() => {
      told += 1;
    });
    tell('no-workers');
    const view = store.view();
    tell('no-workers');
    expect(told).toBe(1);
    expect(store.view()).toBe(view);
  });

  test('is asked for when the server refuses something for now, once at a time', async () => {
    const { asked, refuse, codes } = followed();
    refuse();
    refuse();
    expect(asked).toHaveLength(1);
    asked[0]?.answer(systemHealth('event-store-unavailable'));
    await settled();
    expect(codes()).toEqual(['event-store-unavailable']);
    refuse();
    expect(asked).toHaveLength(2);
  });

  test('is not taken from an answer that the live connection has overtaken', async () => {
    const { asked, refuse, tell, codes } = followed();
    refuse();
    tell();
    asked[0]?.answer(systemHealth('event-store-unavailable'));
    await settled();
    expect(codes()).toEqual([]);
  });

  test('stays what it was when there is no answer, and can be asked for again', async () => {
    const { asked, refuse, tell, codes } = followed();
    tell('no-workers');
    refuse();
    asked[0]?.fail();
    await settled();
    expect(codes()).toEqual(['no-workers']);
    refuse();
    expect(asked).toHaveLength(2);
  });

  test('is followed no more once it is stopped, nor taken from an answer that comes then', async () => {
    const { asked, refuse, stop, codes } = followed();
    refuse();
    stop();
    asked[0]?.answer(systemHealth('event-store-unavailable'));
    await settled();
    expect(codes()).toBeUndefined();
    refuse();
    expect(asked).toHaveLength(1);
  });
});

test('without a WebSocket it is asked for, beside what the event stream carries', () => {
  const { live, failSockets, stream, questions } = liveByHand();
  const store = createHealthStore();
  followHealth({ live, store, ask: () => Promise.reject(new Error('Not by itself.')), onUnavailable: () => () => {} });
  live.start();
  failSockets(2);
  stream().listener.opened();
  expect(questions.at(-1)?.topic).toBe('health');
});
