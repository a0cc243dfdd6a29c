import type { Clock } from '../ports/clock.ts';
import { type EventStore, EventStoreUnavailable, StreamUnreadable } from '../ports/event-store.ts';
import type { Log } from '../ports/log.ts';
import type { Running } from '../ports/messaging.ts';

/** Pauses before a store that is away is asked whether it is back; they double from the first to the second. */
const firstPauseMs = 250;
const longestPauseMs = 2_000;
/**
 * A store that fails again so soon after it was back was never really back: a full disk still reads, and an append may
 * take ten seconds to fail. It is one outage, and the log says so once.
 */
const settledAfterMs = 15_000;

/**
 * Knows whether the event store can be reached, as everybody in the orchestrator finds it: whoever fails says so, and
 * then nobody asks it for anything until it answers again.
 */
export interface StoreWatch extends Running {
  readonly isAway: boolean;
  /** How long it has answered without a break; 0 while it is away. */
  presentForMs(): number;
  /** Whether this error means that the store is away. If so nothing else need be said of it. */
  noticed(error: unknown): boolean;
  /**
   * Does something that needs the store, as often as it takes: while the store is away it waits, and those who wait go on
   * in the order in which they came. Rejects with what else goes wrong, and once this is stopped.
   */
  outlast<Result>(work: () => Promise<Result>): Promise<Result>;
}

export function watchStore({
  store,
  clock,
  log,
  onReturn,
}: {
  readonly store: Pick<EventStore, 'lastPosition'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when the store is back, before those who wait go on. */
  readonly onReturn: () => void;
}): StoreWatch {
  /** From the first failure until the store has settled. */
  let outageSinceMs: number | null = null;
  let pauseMs = firstPauseMs;
  let isAway = false;
  let isStopped = false;
  let presentSinceMs = Number.NEGATIVE_INFINITY;
  let timer = { cancel() {} };
  const waiting: { readonly goOn: () => void; readonly giveUp: (error: Error) => void }[] = [];

  return {
    get isAway() {
      return isAway;
    },
    presentForMs: () => (isAway ? 0 : clock.monotonicMs() - presentSinceMs),
    noticed,
    async outlast(work) {
      for (;;) {
        try {
          return await (isAway ? afterReturn(work) : work());
        } catch (error) {
          if (isStopped || !noticed(error)) throw error;
        }
      }
    },
    async stop() {
      isStopped = true;
      timer.cancel();
      for (const { giveUp } of waiting.splice(0)) giveUp(notWaitedFor());
    },
  };

  function noticed(error: unknown): boolean {
    if (!(error instanceof EventStoreUnavailable) || error instanceof StreamUnreadable) return false;
    if (isAway || isStopped) return true;
    isAway = true;
    timer.cancel();
    if (outageSinceMs === null) {
      outageSinceMs = clock.monotonicMs();
      pauseMs = firstPauseMs;
      log.error({ error }, 'The event store is away: what needs it waits, and nothing is lost.');
    }
    askLater(outageSinceMs);
    return true;
  }

  function askLater(awaySinceMs: number): void {
    timer = clock.setTimer(pauseMs, () => void ask(awaySinceMs));
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }

  async function ask(awaySinceMs: number): Promise<void> {
    const isBack = await store.lastPosition().then(
      () => true,
      () => false,
    );
    if (isStopped) return;
    if (!isBack) return askLater(awaySinceMs);
    isAway = false;
    presentSinceMs = clock.monotonicMs();
    const awayMs = Math.round(presentSinceMs - awaySinceMs);
    timer = clock.setTimer(settledAfterMs, () => {
      outageSinceMs = null;
      log.info({ awayMs }, 'The event store is back.');
    });
    onReturn();
    for (const { goOn } of waiting.splice(0)) goOn();
  }

  function afterReturn<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (isStopped) return reject(notWaitedFor());
      waiting.push({ goOn: () => resolve(work()), giveUp: reject });
    });
  }
}

const notWaitedFor = () => new EventStoreUnavailable('Nobody waits for the store any more.');
