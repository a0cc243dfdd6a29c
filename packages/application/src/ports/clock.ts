/** Time as the application sees it, so that tests and simulation can bring their own. */
export interface Clock {
  now(): Date;
  /** Milliseconds on a clock that never jumps; only differences mean anything. */
  monotonicMs(): number;
  /** Calls back once, after at least `delayMs`; `cancel` is idempotent. */
  setTimer(delayMs: number, callback: () => void): { cancel(): void };
}

/** The longest delay that a platform timer takes (2^31 − 1 ms, about 24 days). */
const maxTimerDelayMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), maxTimerDelayMs));
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves when the time is over, or at once when the signal aborts. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.setTimer(ms, done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
