import { setTimeout as delay } from 'node:timers/promises';

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Waits before the next attempt, but not longer than the signal lets it: twice as long after each failure (1 is the
 * first), and half of it by chance, so that those who were cut off together do not all come back at the same moment.
 */
export async function backOff({ firstMs, maxMs }: Backoff, failures: number, signal: AbortSignal): Promise<void> {
  const durationMs = Math.min(firstMs * 2 ** (failures - 1), maxMs) * (0.5 + Math.random() / 2);
  await delay(durationMs, undefined, { signal }).catch(() => undefined);
}
