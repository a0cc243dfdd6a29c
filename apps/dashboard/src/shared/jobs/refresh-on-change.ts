import type { JobsStore, JobsView } from './jobs-store.ts';

/** What the server counts and pages is asked for at most this often. */
export const refreshIntervalMs = 1_000;

export interface RefreshParts {
  readonly store: JobsStore;
  readonly refresh: () => void;
  /** True when the last answer was none: then any sign of life is worth another try. */
  readonly isLacking: () => boolean;
  readonly nowMs: () => number;
  /** Returns what calls it off. */
  readonly setTimer: (callback: () => void, delayMs: number) => () => void;
}

/**
 * Calls `refresh` when a build appears, leaves or changes its status, at once and then at most once a second, until the
 * returned function is called. The last change is always followed by a refresh.
 */
export function refreshOnChange({ store, refresh, isLacking, nowMs, setTimer }: RefreshParts): () => void {
  let told: string | null = null;
  let refreshedAtMs = Number.NEGATIVE_INFINITY;
  let callOff: (() => void) | null = null;
  const look = (): void => {
    const view = store.view();
    if (!view.known) return;
    const now = statusesIn(view);
    const isChanged = now !== told || isLacking();
    told = now;
    if (!isChanged || callOff !== null) return;
    const waitMs = refreshedAtMs + refreshIntervalMs - nowMs();
    if (waitMs <= 0) run();
    else callOff = setTimer(run, waitMs);
  };
  const run = (): void => {
    callOff = null;
    refreshedAtMs = nowMs();
    refresh();
  };
  const unsubscribe = store.subscribe(look);
  look();
  return () => {
    unsubscribe();
    callOff?.();
  };
}

const statusesIn = ({ active, ended }: JobsView): string =>
  [...active, ...ended].map(({ id, status }) => `${id}:${status}`).join();

/** Like `setTimeout`, and returns what calls it off. */
export function after(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
}
