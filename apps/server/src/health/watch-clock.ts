import type { Clock, Log, Running } from '@yardmaster/application';

/** Small corrections are what a clock that is kept right has all the time. */
export const jumpMs = 5_000;
/** How long a jump is told: whoever wonders about odd times looks within minutes. */
export const toldForMs = 10 * 60_000;
const lookEveryMs = 1_000;

export interface ClockWatch extends Running {
  /** By how much the clock jumped in the last minutes, forward or (negative) back; null when it did not. */
  jump(): number | null;
}

/**
 * Notices that the clock was set, by a clock that never jumps; a machine that slept looks the same. Several jumps within
 * the time in which one is told are told as one.
 */
export function watchClock({ clock, log }: { readonly clock: Clock; readonly log: Log }): ClockWatch {
  /** What the wall clock is ahead of the monotonic one. */
  const lead = () => clock.now().getTime() - clock.monotonicMs();
  let known = lead();
  let told: { readonly byMs: number; readonly atMs: number } | null = null;
  let timer = clock.setTimer(lookEveryMs, tick);

  function look(): void {
    const byMs = Math.round(lead() - known);
    known += byMs;
    if (told !== null && clock.monotonicMs() - told.atMs >= toldForMs) told = null;
    if (Math.abs(byMs) < jumpMs) return;
    log.warn({ byMs }, 'the clock of this machine was set, or the machine slept');
    told = { byMs: byMs + (told?.byMs ?? 0), atMs: clock.monotonicMs() };
  }

  function tick(): void {
    look();
    timer = clock.setTimer(lookEveryMs, tick);
  }

  return {
    jump() {
      look();
      return told?.byMs ?? null;
    },
    async stop() {
      timer.cancel();
    },
  };
}
