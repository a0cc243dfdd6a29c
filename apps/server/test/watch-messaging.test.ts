import { expect, it, onTestFinished, vi } from 'vitest';
import { watchMessaging } from '../src/watch-messaging.ts';

/** A connection whose state the test sets. */
function aConnection() {
  const listeners = new Set<(connected: boolean) => void>();
  let connected = false;
  return {
    get connected() {
      return connected;
    },
    onConnectionChange: (listener: (now: boolean) => void) => {
      listeners.add(listener);
      return { stop: async () => void listeners.delete(listener) };
    },
    become: (now: boolean) => {
      connected = now;
      for (const listener of listeners) listener(now);
    },
  };
}

it('says so, again and again, while the message server is reachable without streams, and at no other time', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const [connection, messaging, onUnavailable] = [aConnection(), aConnection(), vi.fn()];
  const watching = watchMessaging({ connection, messaging, onUnavailable, afterMs: 10_000 });
  const callsWithin = (durationMs: number) => {
    onUnavailable.mockClear();
    vi.advanceTimersByTime(durationMs);
    return onUnavailable.mock.calls.length;
  };
  expect(callsWithin(60_000)).toBe(0); // not reachable: it is being started, or it is somebody else's
  connection.become(true);
  expect(callsWithin(9_999)).toBe(0);
  expect(callsWithin(10_001)).toBe(2);
  messaging.become(true);
  expect(callsWithin(60_000)).toBe(0);
  messaging.become(false);
  await watching.stop();
  expect(callsWithin(60_000)).toBe(0);
});
