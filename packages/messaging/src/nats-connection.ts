import { setTimeout as delay } from 'node:timers/promises';
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import type { Log, Running } from '@yardmaster/application';

export interface NatsLinkOptions {
  /** For example `nats://127.0.0.1:4222`; several, with commas between them, for a cluster. */
  readonly url: string;
  /** The nkey seed of this process; null where the server asks for none, or the address carries the credentials. */
  readonly seed: string | null;
  /** What every inbox of this client begins with. A worker may listen on `workerInboxPrefix(workerId)` only. */
  readonly inboxPrefix?: string;
  /** How the connection is called in the server's monitoring. */
  readonly name: string;
  readonly log: Log;
}

/**
 * A connection that never gives up: it tries until the server is there, and again for ever when it goes. What is sent
 * while it is down is refused by those who send, not kept, since a stale message is worse than none.
 */
export interface NatsLink {
  readonly connected: boolean;
  /** The client while connected, otherwise null. */
  readonly client: NatsConnection | null;
  /** Called at once with the present state, then on every change. */
  onConnectionChange(listener: (connected: boolean) => void): Running;
  /** Waits for a connection; null when the signal aborts or the link stops first. */
  whenConnected(signal?: AbortSignal): Promise<NatsConnection | null>;
  /** Idempotent. Sends what is buffered, bounded, then closes. */
  stop(): Promise<void>;
}

const retryDelayMs = 250;
const connectTimeoutMs = 2_000;
/** A server that is silent for so many pings is taken for gone: a half-open connection shows after 15 seconds. */
const pingIntervalMs = 5_000;
const maxPingsOut = 2;
const flushTimeoutMs = 1_000;

/** Starts to connect and returns at once, whether or not there is a server yet. */
export function connectNats(options: NatsLinkOptions): NatsLink {
  const { log, name } = options;
  const stopping = new AbortController();
  const listeners = new Set<(connected: boolean) => void>();
  let nats: NatsConnection | null = null;
  let connected = false;

  const change = (now: boolean) => {
    if (connected === now) return;
    connected = now;
    for (const listener of [...listeners]) tell(listener);
  };
  const tell = (listener: (connected: boolean) => void) => {
    try {
      listener(connected);
    } catch (error) {
      log.error({ error, name }, 'A listener of the NATS connection threw');
    }
  };
  const onConnectionChange = (listener: (connected: boolean) => void): Running => {
    listeners.add(listener);
    tell(listener);
    return { stop: async () => void listeners.delete(listener) };
  };

  const running = (async () => {
    while (!stopping.signal.aborted) {
      nats = await firstConnection(options, stopping.signal);
      if (nats === null) return;
      change(!stopping.signal.aborted);
      await follow(nats, change, options);
      change(false);
    }
  })();

  let stopped: Promise<void> | null = null;
  const stop = async () => {
    stopping.abort();
    if (nats !== null && connected) await Promise.race([nats.flush(), delay(flushTimeoutMs)]).catch(() => {});
    await nats?.close();
    await running;
    change(false);
    listeners.clear();
  };

  return {
    get connected() {
      return connected;
    },
    get client() {
      return connected ? nats : null;
    },
    onConnectionChange,
    whenConnected: (signal) =>
      new Promise((resolve) => {
        const ends = signal === undefined ? stopping.signal : AbortSignal.any([stopping.signal, signal]);
        const settle = (client: NatsConnection | null) => {
          listeners.delete(listener);
          ends.removeEventListener('abort', abandon);
          resolve(client);
        };
        const listener = (now: boolean) => {
          if (now) settle(nats);
        };
        const abandon = () => settle(null);
        if (ends.aborted) return resolve(null);
        if (connected) return resolve(nats);
        ends.addEventListener('abort', abandon, { once: true });
        listeners.add(listener);
      }),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Our own retries rather than the client's `waitOnFirstConnect`, which cannot be called off. */
async function firstConnection(
  { url, seed, inboxPrefix, name, log }: NatsLinkOptions,
  signal: AbortSignal,
): Promise<NatsConnection | null> {
  let lastMessage = '';
  while (!signal.aborted) {
    try {
      const nats = await connect({
        servers: url.split(','),
        name,
        ...(seed === null ? {} : { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)) }),
        ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
        timeout: connectTimeoutMs,
        reconnect: true,
        maxReconnectAttempts: -1,
        reconnectTimeWait: retryDelayMs,
        reconnectJitter: retryDelayMs,
        // A key may be added to the server's configuration after this process has started.
        ignoreAuthErrorAbort: true,
        pingInterval: pingIntervalMs,
        maxPingOut: maxPingsOut,
      });
      if (!signal.aborted) return nats;
      await nats.close();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== lastMessage) log.warn({ name, reason: message }, 'NATS cannot be reached yet, still trying');
      lastMessage = message;
    }
    await delay(retryDelayMs, undefined, { signal }).catch(() => {});
  }
  return null;
}

/** Resolves when the client has closed, which with the settings above it does only when asked. */
async function follow(nats: NatsConnection, change: (connected: boolean) => void, { log, name }: NatsLinkOptions) {
  for await (const status of nats.status()) {
    if (status.type === 'disconnect') change(false);
    else if (status.type === 'reconnect') change(true);
    else if (status.type === 'error') log.warn({ name, reason: status.error.message }, 'NATS reported an error');
  }
  const cause = await nats.closed();
  if (cause instanceof Error) log.error({ name, reason: cause.message }, 'The NATS connection closed, opening another');
}
