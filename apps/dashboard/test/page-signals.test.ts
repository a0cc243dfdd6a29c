import { expect, test } from 'vitest';
import { sleptAfterMs, tickMs, watchForReturn } from '../src/features/connection/page-signals.ts';

/** A page in the test's hands. */
function watched() {
  const [window, page] = [new EventTarget(), new EventTarget()];
  let nowMs = 0;
  let tick = () => {};
  let visibilityState: DocumentVisibilityState = 'visible';
  let returns = 0;
  const document = Object.defineProperty(page, 'visibilityState', { get: () => visibilityState });
  const stop = watchForReturn(
    {
      window: window as Window, // what is used of one
      document: document as Document, // likewise
      nowMs: () => nowMs,
      every(_intervalMs, callback) {
        tick = callback;
        return () => {
          tick = () => {};
        };
      },
    },
    () => {
      returns += 1;
    },
  );
  return {
    stop,
    returns: () => returns,
    dispatch: (type: string, given: Record<string, unknown> = {}) =>
      window.dispatchEvent(Object.assign(new Event(type), given)),
    turn(to: DocumentVisibilityState) {
      visibilityState = to;
      page.dispatchEvent(new Event('visibilitychange'));
    },
    tickAfter(ms: number) {
      nowMs += ms;
      tick();
    },
  };
}

test('a page is back when its network is, when it is seen again, and out of the back-forward cache', () => {
  const { dispatch, turn, returns } = watched();
  dispatch('online');
  turn('hidden');
  expect(returns()).toBe(1);
  turn('visible');
  expect(returns()).toBe(2);
  dispatch('pageshow', { persisted: false });
  expect(returns()).toBe(2);
  dispatch('pageshow', { persisted: true });
  expect(returns()).toBe(3);
});

test('a page is back from a sleep when its clock has jumped, and not when a timer was a little late', () => {
  const { tickAfter, returns } = watched();
  tickAfter(tickMs);
  tickAfter(tickMs + sleptAfterMs);
  expect(returns()).toBe(0);
  tickAfter(tickMs + sleptAfterMs + 1);
  expect(returns()).toBe(1);
  tickAfter(tickMs);
  expect(returns()).toBe(1);
});

test('a page that is watched no more tells nothing', () => {
  const { stop, dispatch, turn, tickAfter, returns } = watched();
  stop();
  dispatch('online');
  turn('visible');
  tickAfter(60_000);
  expect(returns()).toBe(0);
});
