import type { Notification } from '@yardmaster/protocol';

/** What a person is told at one moment. */
export interface Told {
  /** A summary is for too many, or too old, to be told one by one. */
  readonly kind: 'each' | 'summary';
  readonly notifications: readonly Notification[];
  /** Nobody was there when it happened. */
  readonly isLate: boolean;
}

export interface Arrivals {
  add(notification: Notification): void;
  stop(): void;
}

export interface ArrivalsParts {
  /** In milliseconds since 1970, as the notifications' own times are. */
  readonly nowMs: () => number;
  readonly setTimer: (callback: () => void, delayMs: number) => () => void;
  readonly tell: (told: Told) => void;
}

/** What arrives within so long of the first is told together. */
export const gatherMs = 300;
export const maxAtOnce = 3;
/** Older ones were missed, by a sleep or a lost connection: they are no news one by one. */
export const maxAgeMs = 60_000;

/** Gathers what arrives and decides how it is told: of each build only what is newest, and never many things at once. */
export function createArrivals({ nowMs, setTimer, tell }: ArrivalsParts): Arrivals {
  let gathered: Notification[] = [];
  let cancelTimer: (() => void) | null = null;
  return {
    add(notification) {
      gathered.push(notification);
      cancelTimer ??= setTimer(flush, gatherMs);
    },
    stop() {
      cancelTimer?.();
      cancelTimer = null;
      gathered = [];
    },
  };

  function flush(): void {
    const all = gathered;
    gathered = [];
    cancelTimer = null;
    const notifications = [...new Map(all.map((one) => [one.jobId, one])).values()];
    const isLate = notifications.some(({ createdAt }) => nowMs() - Date.parse(createdAt) > maxAgeMs);
    tell({ kind: isLate || notifications.length > maxAtOnce ? 'summary' : 'each', notifications, isLate });
  }
}

/**
 * Whether a toast would tell nothing new. Cancelling and retrying answer where they were asked for; the bell keeps them.
 * A reader of a build's page sees it begin; its end is told there too, since its page may be scrolled to anywhere.
 */
export function isShownAlready(
  { jobId, type }: Pick<Notification, 'jobId' | 'type'>,
  page: { readonly path: string; readonly isInForeground: boolean },
): boolean {
  if (type === 'cancelled' || type === 'retried') return true;
  const isEnd = type === 'completed' || type === 'failed';
  return !isEnd && page.isInForeground && page.path === `/jobs/${jobId}`;
}
