import { setTimeout as delay } from 'node:timers/promises';

export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait after so many failures in a row: twice as long after each, and half of it by chance, so that those
 * who were cut off together do not all come back at the same moment.
 */
export const backoffMs = ({ firstMs, maxMs }: Backoff, failures: number): number =>
  Math.min(firstMs * 2 ** (failures - 1), maxMs) * (0.5 + Math.random() / 2);

/** Waits so long, but not longer than the signal lets it. */
export async function backOff(backoff: Backoff, failures: number, signal: AbortSignal): Promise<void> {
  await delay(backoffMs(backoff, failures), undefined, { signal }).catch(() => undefined);
}
