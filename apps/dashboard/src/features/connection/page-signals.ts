/** How often the clock is looked at, and how late a look may come before the page must have slept. */
export const tickMs = 1_000;
export const sleptAfterMs = 5_000;

export interface PageSignalParts {
  readonly window: Pick<Window, 'addEventListener' | 'removeEventListener'>;
  readonly document: Pick<Document, 'addEventListener' | 'removeEventListener' | 'visibilityState'>;
  readonly nowMs: () => number;
  /** Calls back again and again; returns how to stop. */
  readonly every: (intervalMs: number, callback: () => void) => () => void;
}

/**
 * Calls back when the page may have missed something without being told so: another network, back from the background,
 * out of the back-forward cache, or after a sleep. Of a sleep a browser tells nothing, but timers come late by it.
 */
export function watchForReturn({ window, document, nowMs, every }: PageSignalParts, callback: () => void): () => void {
  let lookedAtMs = nowMs();
  const gone = new AbortController();
  const options = { signal: gone.signal };
  const stopTicks = every(tickMs, () => {
    const lateMs = nowMs() - lookedAtMs - tickMs;
    lookedAtMs = nowMs();
    if (lateMs > sleptAfterMs) callback();
  });
  window.addEventListener('online', callback, options);
  window.addEventListener('offline', callback, options);
  window.addEventListener(
    'pageshow',
    ({ persisted }) => {
      if (persisted) callback();
    },
    options,
  );
  document.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') callback();
    },
    options,
  );
  return () => {
    stopTicks();
    gone.abort();
  };
}
