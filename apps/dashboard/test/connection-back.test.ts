import { describe, expect, test, vi } from 'vitest';
import * as bounds from '../src/features/connection/bounds.ts';
import { liveByHand, pong } from './live-by-hand.ts';

/** A connection that was live, and somebody who was cut off from the server. */
function waiting() {
  const hand = liveByHand();
  hand.live.start();
  hand.socket().listener.opened();
  hand.clock.increment(bounds.provenAfterMs);
  const back = vi.fn();
  return { ...hand, back, wait: () => hand.live.onBack(back) };
}

const retryMs = 1_500;

describe('who was cut off', () => {
  test('is called once when the connection is back', () => {
    const { live, socket, sockets, clock, back, wait } = waiting();
    socket().listener.ended('lost');
    wait();
    clock.increment(retryMs);
    expect(back).not.toHaveBeenCalled();
    socket().listener.opened();
    expect(back).toHaveBeenCalledTimes(1);
    socket().listener.ended('lost');
    clock.increment(retryMs);
    socket().listener.opened();
    expect(sockets).toHaveLength(3);
    expect(live.status().mode).toBe('live');
    clock.increment(bounds.checkedAfterMs);
    expect(back).toHaveBeenCalledTimes(1);
  });

  test('waits for the connection also when its loss is noticed later', () => {
    const { socket, sockets, clock, back, wait } = waiting();
    wait();
    expect(socket().sent.at(-1)).toEqual({ type: 'ping' });
    clock.increment(bounds.checkTimeoutMs);
    expect(sockets).toHaveLength(2);
    clock.increment(bounds.checkedAfterMs);
    expect(back).not.toHaveBeenCalled();
    socket().listener.opened();
    expect(back).toHaveBeenCalledTimes(1);
  });

  test('is called when a look shows that the connection is there', () => {
    const { socket, clock, back, wait } = waiting();
    wait();
    socket().listener.frame(pong);
    expect(back).not.toHaveBeenCalled();
    clock.increment(bounds.checkedAfterMs);
    expect(back).toHaveBeenCalledTimes(1);
  });

  test('is not called after it stopped waiting', () => {
    const { socket, clock, back, wait } = waiting();
    wait()();
    clock.increment(bounds.checkTimeoutMs);
    socket().listener.opened();
    clock.increment(bounds.checkedAfterMs);
    expect(back).not.toHaveBeenCalled();
  });
});
