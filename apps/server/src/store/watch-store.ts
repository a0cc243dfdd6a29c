import { setTimeout as delay } from 'node:timers/promises';
import { type EventStore, EventStoreUnavailable, type Log, type Running } from '@yardmaster/application';
import { describeOutage } from './describe-outage.ts';

/** How often a server that nobody asks anything is asked, and how often one that is away. */
const idleProbeMs = 5_000;
const awayProbeMs = 1_000;
/** A server that takes longer to say where its log ends is as good as away. */
const probeTimeoutMs = 5_000;

export interface Outage {
  /** In a few words, without an address: it is shown to everybody. */
  readonly reason: string;
}

export interface WatchedStore extends Running {
  /** The same store, whose failures are noticed at once. */
  readonly store: EventStore;
  /** Null while the server answers. */
  outage(): Outage | null;
}

/**
 * Notices when the server of an event store goes away and when it is back, and says each once. What fails meanwhile tries
 * again by itself, and has no need to say so every time; see {@link withoutOutages}.
 */
export function watchStore(options: {
  readonly store: EventStore;
  readonly address: string;
  readonly log: Log;
}): WatchedStore {
  const { store, address, log } = options;
  const stopping = new AbortController();
  let outage: (Outage & { readonly beganAtMs: number }) | null = null;
  let wake = new AbortController();
  let asking: Promise<unknown> | null = null;
  let looking: Promise<void> | null = null;
  const watching = run();

  return {
    store: {
      ...store,
      append: (...given) => noticed(store.append(...given)),
      readStream: (...given) => noticed(store.readStream(...given)),
      readAll: (...given) => noticed(store.readAll(...given)),
      lastPosition: () => noticed(store.lastPosition()),
    },
    outage: () => outage,
    async stop() {
      stopping.abort();
      wake.abort();
      await watching;
    },
  };

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      await look();
      const pauseMs = outage === null ? idleProbeMs : awayProbeMs;
      await delay(pauseMs, undefined, { signal: wake.signal }).catch(() => {});
    }
  }

  /** Whoever comes while it looks shares what it sees. */
  function look(): Promise<void> {
    looking ??= probe().then((failure) => {
      looking = null;
      if (stopping.signal.aborted) return;
      if (failure === null) end();
      else begin(failure);
    });
    return looking;
  }

  /** Why the server does not answer; null when it does. A question that hangs is waited for by the next probe too. */
  async function probe(): Promise<string | null> {
    asking ??= store.lastPosition().finally(() => {
      asking = null;
    });
    const answered = new AbortController();
    const signal = AbortSignal.any([answered.signal, stopping.signal]);
    const late = delay(probeTimeoutMs, undefined, { signal }).then(
      () => 'no answer in time',
      () => null,
    );
    try {
      return await Promise.race([asking.then(() => null), late]);
    } catch (error) {
      return describeOutage(error);
    } finally {
      answered.abort();
    }
  }

  function begin(reason: string): void {
    if (outage?.reason !== reason) {
      log.warn(
        {},
        `EventStoreDB at ${address} cannot be reached: ${reason}. Nothing can be recorded until it is back.`,
      );
    }
    outage = { reason, beganAtMs: outage?.beganAtMs ?? performance.now() };
  }

  function end(): void {
    if (outage === null) return;
    const seconds = ((performance.now() - outage.beganAtMs) / 1_000).toFixed(1);
    outage = null;
    log.warn({}, `EventStoreDB at ${address} answers again, after ${seconds} s.`);
  }

  /** A call that finds the server away fails when it is known whether that is an outage. */
  async function noticed<Result>(call: Promise<Result>): Promise<Result> {
    try {
      return await call;
    } catch (error) {
      if (error instanceof EventStoreUnavailable && outage === null && !stopping.signal.aborted) {
        await look();
        wake.abort();
      }
      throw error;
    }
  }
}

/** The log, without what fails because the event store is away while that is known and was said. */
export function withoutOutages(log: Log, isAway: () => boolean): Log {
  const isNews = ({ error }: Readonly<Record<string, unknown>>) =>
    !(error instanceof EventStoreUnavailable && isAway());
  return {
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => (isNews(fields) ? log.warn(fields, message) : undefined),
    error: (fields, message) => (isNews(fields) ? log.error(fields, message) : undefined),
  };
}
