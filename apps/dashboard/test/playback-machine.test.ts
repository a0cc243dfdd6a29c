import { describe, expect, test } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import {
  longestPauseMs,
  pauseMs,
  playbackMachine,
  shortestPauseMs,
  stepPauseMs,
} from '../src/features/history/playback-machine.ts';

/** Playing a history of five events, three seconds apart; the page shows what it is told to at once. */
function play({ shows = true, at = 0 }: { readonly shows?: boolean; readonly at?: number } = {}) {
  const clock = new SimulatedClock();
  const actor = createActor(playbackMachine, { clock });
  const gone: number[] = [];
  let last = 4;
  const show = (revision: number) =>
    actor.send({ type: 'shown', at: revision, last, untilNextMs: revision < last ? 2_500 : null });
  actor.on('goTo', ({ at: revision }) => {
    gone.push(revision);
    if (shows) show(revision);
  });
  actor.start();
  show(at);
  return {
    actor,
    clock,
    gone,
    show,
    grow: (newLast: number) => {
      last = newLast;
    },
    isPlaying: () => actor.getSnapshot().matches('playing'),
  };
}

describe('playing', () => {
  test('goes to the next event at once, then to one after the other, and stops at the last', () => {
    const { actor, clock, gone, isPlaying } = play({ at: 1 });
    actor.send({ type: 'play' });
    expect(gone).toEqual([2]);
    clock.increment(stepPauseMs - 1);
    expect(gone).toEqual([2]);
    clock.increment(1);
    clock.increment(stepPauseMs);
    expect(gone).toEqual([2, 3, 4]);
    expect(isPlaying()).toBe(false);
    clock.increment(10 * stepPauseMs);
    expect(gone).toEqual([2, 3, 4]);
  });

  test('begins anew from the last event', () => {
    const { actor, clock, gone } = play({ at: 4 });
    actor.send({ type: 'play' });
    clock.increment(stepPauseMs);
    expect(gone).toEqual([0, 1]);
  });

  test('does nothing with a single event', () => {
    const { actor, gone, grow, show, isPlaying } = play();
    grow(0);
    show(0);
    actor.send({ type: 'play' });
    expect({ gone, isPlaying: isPlaying() }).toEqual({ gone: [], isPlaying: false });
  });

  test('stops when it is told to', () => {
    const { actor, clock, gone, isPlaying } = play();
    actor.send({ type: 'play' });
    actor.send({ type: 'pause' });
    clock.increment(10 * stepPauseMs);
    expect({ gone, isPlaying: isPlaying() }).toEqual({ gone: [1], isPlaying: false });
  });

  test('stops when a person goes elsewhere, and goes on from there', () => {
    const { actor, clock, gone, show, isPlaying } = play();
    actor.send({ type: 'play' });
    show(3);
    clock.increment(10 * stepPauseMs);
    expect({ gone, isPlaying: isPlaying() }).toEqual({ gone: [1], isPlaying: false });
    actor.send({ type: 'play' });
    expect(gone).toEqual([1, 4]);
  });

  test('waits for a page that is slower than it', () => {
    const { actor, clock, gone, show, isPlaying } = play({ shows: false });
    actor.send({ type: 'play' });
    clock.increment(10 * stepPauseMs);
    expect(gone).toEqual([1]);
    show(1);
    clock.increment(stepPauseMs);
    expect(gone).toEqual([1, 2]);
    show(4);
    expect(isPlaying()).toBe(false);
  });

  test('goes on when events are added behind, without beginning a pause anew', () => {
    const { actor, clock, gone, grow, show } = play({ at: 2 });
    actor.send({ type: 'play' });
    clock.increment(stepPauseMs - 1);
    grow(5);
    show(3);
    clock.increment(1);
    clock.increment(stepPauseMs);
    expect(gone).toEqual([3, 4, 5]);
  });

  test('is not stopped by an event that comes before its first step is on the page', () => {
    const { actor, clock, gone, grow, show, isPlaying } = play({ shows: false, at: 1 });
    actor.send({ type: 'play' });
    grow(5);
    show(1);
    expect(isPlaying()).toBe(true);
    show(2);
    clock.increment(stepPauseMs);
    expect(gone).toEqual([2, 3]);
  });
});

describe('the speed', () => {
  test('applies at once', () => {
    const { actor, clock, gone } = play();
    actor.send({ type: 'play' });
    actor.send({ type: 'speed', speed: '4' });
    clock.increment(stepPauseMs / 4);
    clock.increment(stepPauseMs / 4);
    expect(gone).toEqual([1, 2, 3]);
  });

  test('is kept from one play to the next', () => {
    const { actor, clock, gone } = play();
    actor.send({ type: 'speed', speed: 'real' });
    actor.send({ type: 'play' });
    clock.increment(2_499);
    expect(gone).toEqual([1]);
    clock.increment(1);
    expect(gone).toEqual([1, 2]);
  });

  test.each([
    ['0.5', 60_000, 2 * stepPauseMs],
    ['1', 60_000, stepPauseMs],
    ['2', 0, stepPauseMs / 2],
    ['4', null, stepPauseMs / 4],
    ['real', 1_234, 1_234],
    ['real', 60_000, longestPauseMs],
    ['real', 0, shortestPauseMs],
    ['real', -5, shortestPauseMs],
  ] as const)('%s with %s ms between the events pauses %i ms', (speed, untilNextMs, expected) =>
    expect(pauseMs(speed, untilNextMs)).toBe(expected),
  );
});
