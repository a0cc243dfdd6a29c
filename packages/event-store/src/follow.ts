import type { EventBatch } from '@yardmaster/application';

/** One subscriber's doorbell. A ring while nobody sleeps is kept, so that no ring is ever missed. */
interface Sleeper {
  wake(): void;
  /** Returns once the bell has rung since {@link forget}. */
  sleep(): Promise<void>;
  forget(): void;
}

/** Tells the subscriptions of one store that there is something new, that the store stops, or that it has failed. */
export interface Bell {
  readonly stopped: boolean;
  readonly failure: Error | undefined;
  readonly listeners: number;
  ring(): void;
  /** Ends every subscription, present and future. */
  stop(): void;
  /** Makes every subscription throw `error`, present and future. */
  fail(error: Error): void;
  join(): Sleeper;
  leave(sleeper: Sleeper): void;
}

export function createBell(): Bell {
  const sleepers = new Set<Sleeper>();
  let stopped = false;
  let failure: Error | undefined;
  const ring = () => {
    for (const sleeper of sleepers) sleeper.wake();
  };
  return {
    get stopped() {
      return stopped;
    },
    get failure() {
      return failure;
    },
    get listeners() {
      return sleepers.size;
    },
    ring,
    stop() {
      stopped = true;
      ring();
    },
    fail(error) {
      failure ??= error;
      ring();
    },
    join() {
      const sleeper = createSleeper();
      sleepers.add(sleeper);
      return sleeper;
    },
    leave(sleeper) {
      sleepers.delete(sleeper);
    },
  };
}

function createSleeper(): Sleeper {
  let rung = false;
  let resolve: (() => void) | undefined;
  return {
    wake() {
      rung = true;
      resolve?.();
    },
    async sleep() {
      if (rung) return;
      await new Promise<void>((done) => {
        resolve = done;
      });
      resolve = undefined;
    },
    forget() {
      rung = false;
    },
  };
}

export interface FollowOptions {
  readonly bell: Bell;
  readonly signal: AbortSignal | undefined;
  /** The events after the last ones returned, bounded in number; none when there is nothing new. */
  next(): Promise<EventBatch> | EventBatch;
}

/**
 * A subscription: asks for the next events whenever the reader wants more, and sleeps while there are none.
 *
 * The reader's cursor, kept by `next`, is the whole state: nothing is queued for a slow reader, and there is no switch
 * from stored to live events at which one could be lost or doubled. Ends when the signal aborts or the bell stops;
 * throws the bell's failure.
 */
export async function* follow({ bell, signal, next }: FollowOptions): AsyncGenerator<EventBatch, void, undefined> {
  const sleeper = bell.join();
  signal?.addEventListener('abort', sleeper.wake);
  const ended = () => bell.stopped || signal?.aborted === true;
  try {
    while (!ended()) {
      if (bell.failure !== undefined) throw bell.failure;
      // Before looking: what arrives while `next` looks rings again.
      sleeper.forget();
      let batch: EventBatch;
      try {
        batch = await next();
      } catch (error) {
        // A store that stops may no longer answer: its subscriptions end, they do not fail.
        if (ended()) return;
        throw error;
      }
      if (ended()) return;
      if (batch.length > 0) yield batch;
      else await sleeper.sleep();
    }
  } finally {
    signal?.removeEventListener('abort', sleeper.wake);
    bell.leave(sleeper);
  }
}
