import { setTimeout as sleep } from 'node:timers/promises';

/** A server that says nothing for so long is taken for gone, where there is another. It is asked three times as often. */
const defaultSilentAfterMs = 3_000;

/** Which of several servers, all of which can do the same, is asked: one until it fails, then the next. */
export interface ServerChoice {
  readonly count: number;
  readonly current: string;
  readonly silentAfterMs: number;
  /** Chooses the next one, unless somebody has done so since `failed` was the choice. */
  moveOn(failed: string): void;
}

/** Shared by all attempts of a worker, so that a server that is away is found out once. */
export function createServerChoice(
  urls: readonly [string, ...string[]],
  silentAfterMs = defaultSilentAfterMs,
): ServerChoice {
  let at = 0;
  return {
    count: urls.length,
    silentAfterMs,
    get current() {
      return urls[at] ?? urls[0];
    },
    moveOn(failed) {
      if (urls[at] === failed) at = (at + 1) % urls.length;
    },
  };
}

/**
 * Does something at the chosen server while that shows signs of life; rejects when it goes silent. One that was paused
 * accepts connections and never answers, and how long an answer may take says nothing: unpacking a large output takes its
 * time. The only server there is is waited for.
 */
export async function whileItAnswers<Result>(
  servers: ServerChoice,
  signal: AbortSignal,
  work: (serverUrl: string, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { count, current, silentAfterMs } = servers;
  if (count === 1) return work(current, signal);
  const silent = new AbortController();
  const done = new AbortController();
  const watching = watch(current, silentAfterMs, AbortSignal.any([signal, done.signal])).catch((error: unknown) => {
    if (!done.signal.aborted) silent.abort(error);
  });
  try {
    return await work(current, AbortSignal.any([signal, silent.signal]));
  } finally {
    done.abort();
    await watching;
  }
}

/** Rejects when the server is silent, or the signal aborts. */
async function watch(serverUrl: string, silentAfterMs: number, signal: AbortSignal): Promise<never> {
  for (;;) {
    await sleep(silentAfterMs / 3, undefined, { signal });
    const look = AbortSignal.any([signal, AbortSignal.timeout(silentAfterMs)]);
    const response = await fetch(`${serverUrl}/healthz`, { signal: look }).catch((cause: unknown) => {
      throw new Error('the server does not answer any more', { cause });
    });
    await response.body?.cancel();
  }
}
