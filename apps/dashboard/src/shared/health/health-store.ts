import type { ServerFrame, SystemHealth } from '@yardmaster/protocol';
import { createContext, use, useSyncExternalStore } from 'react';
import type { Live } from '../live/live.ts';

/** What the server last said of how all of Yardmaster is; null until its first word. */
export interface HealthStore {
  put(health: SystemHealth): void;
  subscribe(listener: () => void): () => void;
  /** Stays the same object until something is different. */
  readonly view: () => SystemHealth | null;
}

export function createHealthStore(): HealthStore {
  const listeners = new Set<() => void>();
  let view: SystemHealth | null = null;
  return {
    put(health) {
      // Whoever asks again and again is told the same again and again.
      if (JSON.stringify(health) === JSON.stringify(view)) return;
      view = health;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    view: () => view,
  };
}

export interface HealthParts {
  readonly live: Pick<Live, 'follow'>;
  readonly store: HealthStore;
  readonly ask: (signal: AbortSignal) => Promise<SystemHealth>;
  /** Calls back when the server has refused something because it cannot do it just now. */
  readonly onUnavailable: (listener: () => void) => () => void;
}

/**
 * Keeps the store up to date until the returned function is called. After a refusal it asks at once, since the reason may
 * not have been told yet; an answer that the live connection has overtaken meanwhile is dropped, and one that does not
 * come leaves everything as it was.
 */
export function followHealth({ live, store, ask, onUnavailable }: HealthParts): () => void {
  const gone = new AbortController();
  let heard = 0;
  let isAsking = false;
  const take = ({ health }: ServerFrame): void => {
    heard += 1;
    if (health !== undefined) store.put(health);
  };
  const look = (): void => {
    // Being refused this very answer is no reason to ask once more.
    if (isAsking) return;
    isAsking = true;
    const heardBefore = heard;
    ask(gone.signal)
      .then((health) => {
        if (!gone.signal.aborted && heard === heardBefore) store.put(health);
      })
      .catch(() => {})
      .finally(() => {
        isAsking = false;
      });
  };
  const stops = [live.follow('health', { snapshot: take, update: take }), onUnavailable(look)];
  return () => {
    gone.abort();
    for (const stop of stops) stop();
  };
}

export const HealthContext = createContext<HealthStore | null>(null);

/** How all of Yardmaster is, as the server last said; null while that is not known. */
export function useHealth(): SystemHealth | null {
  const store = use(HealthContext);
  if (store === null) throw new Error('There is no store of the state of the system around this component.');
  return useSyncExternalStore(store.subscribe, store.view);
}
