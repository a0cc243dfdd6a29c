import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, pause } from '../ports/clock.ts';
import { type EventBatch, type EventStore, EventStoreUnavailable, type Position } from '../ports/event-store.ts';
import type { Log } from '../ports/log.ts';
import type { Running } from '../ports/messaging.ts';
import type { Projector } from './apply-batch.ts';
import type { ReadModels } from './read-models.ts';

/** After a failure (a full disk, a store that cannot go on) the subscription begins anew this much later. */
export const followRetryDelayMs = 1_000;

export interface FollowLogOptions {
  readonly store: EventStore;
  readonly projector: Projector;
  readonly clock: Clock;
  readonly log: Log;
  /** Called after each commit, before the listeners. */
  readonly onCommit: (batch: EventBatch) => void;
  /** Called when what was derived from the tables may be outdated: they were emptied, or a batch failed half-way. */
  readonly onReload: () => void;
  /** Whether following can never go on after this error. */
  readonly isFinal: (error: unknown) => boolean;
  /** Called at the start when there is a log and nothing was made of it yet. */
  readonly onMadeAnew: (reason: string) => void;
}

interface Waiter {
  readonly position: Position;
  readonly settle: (reached: boolean) => void;
}

/** Keeps the projector at the end of the log: one subscription, one transaction per batch. */
export function createLogFollower(
  options: FollowLogOptions,
): Pick<ReadModels, 'start' | 'stop' | 'waitFor' | 'onBatch'> {
  const { store, projector, clock, log } = options;
  const abort = new AbortController();
  const waiters = new Set<Waiter>();
  const listeners = new Set<(batch: EventBatch) => void>();
  let caughtUp = false;
  let started: Promise<void> | undefined;
  let following: Promise<void> = Promise.resolve();

  return {
    start() {
      started ??= catchUp();
      return started;
    },
    async stop() {
      abort.abort();
      for (const waiter of [...waiters]) waiter.settle(false);
      await following.catch(() => {}); // Whoever started was told.
    },
    waitFor(position, { timeoutMs }) {
      if (abort.signal.aborted) return Promise.resolve(false);
      if (reflects(position)) return Promise.resolve(true);
      return new Promise<boolean>((resolve) => {
        const settle = (reached: boolean) => {
          timer.cancel();
          waiters.delete(waiter);
          resolve(reached);
        };
        const waiter: Waiter = { position, settle };
        const timer = clock.setTimer(timeoutMs, () => settle(false));
        waiters.add(waiter);
      });
    },
    onBatch(listener): Running {
      // A function of its own, so that a listener registered twice is called twice and stopped apart.
      const call = (batch: EventBatch) => listener(batch);
      listeners.add(call);
      return {
        async stop() {
          listeners.delete(call);
        },
      };
    },
  };

  function reflects(position: Position): boolean {
    const reached = projector.position();
    return reached !== null && store.comparePositions(reached, position) >= 0;
  }

  async function catchUp(): Promise<void> {
    const target = await store.lastPosition();
    if (abort.signal.aborted) throw new EventStoreUnavailable(stoppedEarly);
    const reached = projector.position();
    if (reached !== null && (target === null || store.comparePositions(reached, target) > 0)) {
      log.warn({ reached, target }, 'The read models are ahead of the event store: they start over.');
      projector.startOver();
      options.onReload();
    }
    if (projector.position() === null && target !== null) {
      options.onMadeAnew(reached === null ? nothingThere : 'They were ahead of the event store.');
    }
    if (target === null || reflects(target)) {
      caughtUp = true;
      following = follow();
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        position: target,
        settle(reachedIt) {
          waiters.delete(waiter);
          if (!reachedIt) return reject(new EventStoreUnavailable(stoppedEarly));
          caughtUp = true;
          resolve();
        },
      };
      waiters.add(waiter);
      following = follow();
      following.then(() => reject(new EventStoreUnavailable(stoppedEarly)), reject);
    });
  }

  /** Ends when it is stopped or the store is. Before it has caught up it throws what went wrong; later it goes on. */
  async function follow(): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        await followOnce();
        return;
      } catch (error) {
        const isFinal = options.isFinal(error);
        if (!caughtUp) throw error;
        if (isFinal) return;
        log.error({ error }, `The read models cannot follow the log; next try in ${followRetryDelayMs} ms.`);
        await pause(clock, followRetryDelayMs, abort.signal);
      }
    }
  }

  async function followOnce(): Promise<void> {
    const after = projector.position();
    for await (const batch of store.subscribeToAll({ signal: abort.signal, ...(after !== null && { after }) })) {
      if (abort.signal.aborted) return;
      try {
        projector.apply(batch);
        options.onCommit(batch);
      } catch (error) {
        projector.reload();
        options.onReload();
        throw error;
      }
      for (const waiter of [...waiters]) if (reflects(waiter.position)) waiter.settle(true);
      for (const listener of [...listeners]) notify(listener, batch);
      // A store may have all of a long history at hand: let requests in between its batches.
      await nextTurn();
    }
  }

  function notify(listener: (batch: EventBatch) => void, batch: EventBatch): void {
    try {
      listener(batch);
    } catch (error) {
      log.error({ error }, 'A listener to projected events threw.');
    }
  }
}

/** A file that was deleted, or read models of another event store. */
const nothingThere = 'They were missing, or those of another event store.';
const stoppedEarly = 'The read models or the event store were stopped before all events were projected.';
