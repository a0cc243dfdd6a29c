import type { Clock } from '../../src/ports/clock.ts';

/** Time that passes when the test says so; timers fire within {@link ManualClock.advance}. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** Timers that are set and neither fired nor cancelled. */
  readonly timers: number;
}

export function createManualClock(start: string): ManualClock {
  const startMs = Date.parse(start);
  let elapsedMs = 0;
  const timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();
  return {
    now: () => new Date(startMs + elapsedMs),
    monotonicMs: () => elapsedMs,
    setTimer(delayMs, callback) {
      const timer = { dueMs: elapsedMs + delayMs, callback };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
    advance(ms) {
      elapsedMs += ms;
      const due = [...timers].filter(({ dueMs }) => dueMs <= elapsedMs).sort((a, b) => a.dueMs - b.dueMs);
      for (const timer of due) if (timers.delete(timer)) timer.callback();
    },
    get timers() {
      return timers.size;
    },
  };
}
