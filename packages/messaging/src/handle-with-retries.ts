import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@yardmaster/application';

const firstRetryMs = 50;
const maxRetryMs = 5_000;
/** About eight minutes of trying. */
const maxTries = 100;

export interface HandleOptions {
  readonly handle: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly subject: string;
}

/**
 * Calls a handler until it resolves, with pauses that double up to five seconds: what it throws means that something it
 * stands on is away. Answers whether the message is settled; false only when the signal aborted first. A message that
 * fails a hundred times is taken for settled too, so that it cannot hold up the others for ever.
 */
export async function handleWithRetries({ handle, signal, log, subject }: HandleOptions): Promise<boolean> {
  let retryMs = firstRetryMs;
  for (let tries = 1; tries <= maxTries; tries += 1) {
    if (signal.aborted) return false;
    try {
      await handle();
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      log.warn({ error, subject, tries }, 'Handling a message failed, trying again');
    }
    await delay(retryMs, undefined, { signal }).catch(() => {});
    retryMs = Math.min(retryMs * 2, maxRetryMs);
  }
  log.error({ subject, tries: maxTries }, 'Gave up on a message');
  return true;
}
