import type { Clock } from './ports/clock.ts';
import { type EventStore, EventStoreUnavailable, StreamUnreadable } from './ports/event-store.ts';
import type { Log } from './ports/log.ts';
import type { Running } from './ports/messaging.ts';

/** How often a store that fails nobody is asked whether it is there. */
const idleProbeMs = 5_000;
/** Pauses before a store that is away is asked whether it is back; they double from the first to the second. */
const firstPauseMs = 250;
const longestPauseMs = 2_000;
/** A store that takes longer to say where its log ends is as good as away. */
const probeTimeoutMs = 5_000;
/**
 * A store that always answered and fails again so soon was never really back: a full disk still reads, and an append may
 * take ten seconds to fail. It is one outage, and the log says so once.
 */
const settledAfterMs = 15_000;

/** Whether this error says that the store is away. One stream that cannot be read does not. */
export const isOutage = (error: unknown): boolean =>
  error instanceof EventStoreUnavailable && !(error instanceof StreamUnreadable);

export interface Outage {
  /** In a few words, without an address: it is shown to everybody. */
  readonly reason: string;
}

/**
 * Knows whether the event store works, and says once when it goes away and once when it is back. Whoever finds it away
 * needs to say nothing, and nobody needs to ask it for anything until it is back.
 */
export interface StoreWatch extends Running {
  /** The same store, whose failures are noticed: a call fails when {@link outage} and {@link isAway} tell it. */
  readonly store: EventStore;
  /** The same log, without what fails by an outage that was said. */
  readonly log: Log;
  readonly isAway: boolean;
  /** Null while the store answers, even if it stores nothing. */
  outage(): Outage | null;
  /** How long it has worked without a break; 0 while it is away. */
  presentForMs(): number;
  /**
   * Does something that needs the store, as often as it takes: while the store is away it waits, and those who wait go on
   * in the order in which they came. Rejects with what else goes wrong, and once the signal aborts or this is stopped.
   */
  outlast<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
  /** Calls back when the store is back, before those who wait go on. */
  onReturn(listener: () => void): Running;
}

export function watchStore({
  store,
  name = 'The event store',
  describe,
  clock,
  log,
}: {
  readonly store: EventStore;
  /** How the log names it. */
  readonly name?: string;
  /** What an error says about the reason of an outage. */
  readonly describe: (error: unknown) => string;
  readonly clock: Clock;
  readonly log: Log;
}): StoreWatch {
  const stopping = new AbortController();
  /** From the first failure until the store has settled. `answers`: it does, and what is asked of it fails all the same. */
  let current: (Outage & { readonly answers: boolean; readonly beganAtMs: number }) | null = null;
  let isAway = false;
  let presentSinceMs = Number.NEGATIVE_INFINITY;
  /** What failed and made it look. */
  let suspicion: unknown = null;
  let looking: Promise<void> | null = null;
  let asking: Promise<unknown> | null = null;
  let pauseMs = firstPauseMs;
  let timer = clock.setTimer(idleProbeMs, () => void look());
  let settling = { cancel() {} };
  let places = 0;
  const waiting = new Set<{ readonly place: number; readonly goOn: () => void }>();
  const listeners = new Set<{ readonly listener: () => void }>();

  return {
    store: {
      ...store,
      append: (...given) => noticing(store.append(...given)),
      readStream: (...given) => noticing(store.readStream(...given)),
      readAll: (...given) => noticing(store.readAll(...given)),
      lastPosition: () => noticing(store.lastPosition()),
    },
    log: {
      info: (fields, message) => log.info(fields, message),
      warn: (fields, message) => (isNews(fields) ? log.warn(fields, message) : undefined),
      error: (fields, message) => (isNews(fields) ? log.error(fields, message) : undefined),
    },
    get isAway() {
      return isAway;
    },
    outage: () => (current?.answers === false ? current : null),
    presentForMs: () => (isAway ? 0 : clock.monotonicMs() - presentSinceMs),
    async outlast(work, signal) {
      const place = places++;
      for (;;) {
        if (isAway) await untilBack(place, signal);
        try {
          return await work();
        } catch (error) {
          if (signal.aborted || stopping.signal.aborted || !isOutage(error)) throw error;
          void notice(error);
        }
      }
    },
    onReturn(listener) {
      const entry = { listener };
      listeners.add(entry);
      return {
        async stop() {
          listeners.delete(entry);
        },
      };
    },
    async stop() {
      stopping.abort();
      timer.cancel();
      settling.cancel();
    },
  };

  function isNews({ error }: Readonly<Record<string, unknown>>): boolean {
    return current === null || !isOutage(error);
  }

  async function noticing<Result>(call: Promise<Result>): Promise<Result> {
    try {
      return await call;
    } catch (error) {
      await notice(error);
      throw error;
    }
  }

  /** Resolves when the reason is known and said. Never rejects. */
  async function notice(error: unknown): Promise<void> {
    if (!isOutage(error) || stopping.signal.aborted) return;
    if (isAway) return looking ?? undefined;
    isAway = true;
    suspicion = error;
    await look();
  }

  /** Whoever comes while it looks shares what it sees. */
  function look(): Promise<void> {
    timer.cancel();
    looking ??= probe().then((failure) => {
      looking = null;
      if (stopping.signal.aborted) return;
      if (failure !== null) begin(failure, false);
      else if (suspicion !== null) begin(suspicion, true);
      else if (isAway) end();
      suspicion = null;
      timer = clock.setTimer(isAway ? pauseMs : idleProbeMs, () => void look());
      if (isAway) pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    });
    return looking;
  }

  /** Why the store does not answer; null when it does. A question that hangs is waited for by the next probe too. */
  function probe(): Promise<unknown> {
    asking ??= store
      .lastPosition()
      .then(
        () => null,
        (error: unknown) => error,
      )
      .finally(() => {
        asking = null;
      });
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const late = clock.setTimer(probeTimeoutMs, () => resolve(new EventStoreUnavailable('It timed out.')));
    void asking.then(resolve).then(() => late.cancel());
    return promise;
  }

  function begin(error: unknown, answers: boolean): void {
    const reason = describe(error);
    isAway = true;
    settling.cancel();
    if (current === null) pauseMs = firstPauseMs;
    if (answers && current === null) {
      log.warn({}, `${name} answers but fails: ${reason}. What needs it waits, and nothing is lost.`);
    }
    if (!answers && current?.answers !== false) {
      log.warn({}, `${name} cannot be reached: ${reason}. Nothing can be recorded until it is back.`);
    }
    current = { reason, answers, beganAtMs: current?.beganAtMs ?? clock.monotonicMs() };
  }

  function end(): void {
    if (current === null) return;
    const { answers, beganAtMs } = current;
    isAway = false;
    presentSinceMs = clock.monotonicMs();
    const seconds = ((presentSinceMs - beganAtMs) / 1_000).toFixed(1);
    const settle = () => {
      current = null;
      log.warn({}, `${name} ${answers ? 'works' : 'answers'} again, after ${seconds} s.`);
    };
    if (answers) settling = clock.setTimer(settledAfterMs, settle);
    else settle();
    for (const { listener } of [...listeners]) listener();
    for (const { goOn } of [...waiting].sort((a, b) => a.place - b.place)) goOn();
  }

  function untilBack(place: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const over = AbortSignal.any([signal, stopping.signal]);
      const waiter = { place, goOn: () => leave(resolve) };
      const giveUp = () => leave(() => reject(new EventStoreUnavailable('Nobody waits for the store any more.')));
      const leave = (settle: () => void) => {
        waiting.delete(waiter);
        over.removeEventListener('abort', giveUp);
        settle();
      };
      waiting.add(waiter);
      over.addEventListener('abort', giveUp);
      if (over.aborted) giveUp();
    });
  }
}
