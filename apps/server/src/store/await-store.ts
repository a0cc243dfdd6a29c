import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@yardmaster/application';
import { describeOutage } from './describe-outage.ts';

const firstPauseMs = 200;
const longestPauseMs = 2_000;

/**
 * Opens what stands on an event store as soon as that can be had: where everything is started at once its server may well
 * be the last to come, and a file may be locked. Says what it waits for, once for each reason. Throws whatever else goes wrong, and the
 * signal's reason as soon as that aborts; what is opened later is stopped then.
 */
export async function awaitStore<Opened extends { stop(): Promise<void> }>(options: {
  /** How the store is named to a person. */
  readonly name: string;
  readonly open: () => Promise<Opened>;
  /** Whether waiting may help. */
  readonly isPassing: (error: unknown) => boolean;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Called after each try that found it away. */
  readonly onWaiting: (reason: string) => void;
}): Promise<Opened> {
  const { name, open, isPassing, signal, log, onWaiting } = options;
  let told: string | null = null;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      const opened = await unlessAborted(open(), signal);
      if (told !== null) log.info({}, `${name} answers.`);
      return opened;
    } catch (error) {
      if (signal.aborted || !isPassing(error)) throw error;
      const reason = describeOutage(error);
      if (reason !== told) log.warn({}, `Waiting for ${name}: ${reason}`);
      told = reason;
      onWaiting(reason);
    }
    await delay(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** A server that cannot be reached may take its time to show that. */
function unlessAborted<Opened extends { stop(): Promise<void> }>(
  opening: Promise<Opened>,
  signal: AbortSignal,
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    opening
      .then(async (opened) => {
        resolve(opened);
        if (signal.aborted) await opened.stop();
      })
      .catch(reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
