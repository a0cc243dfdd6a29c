import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log, Running } from '@yardmaster/application';

import { MessagingUnavailable } from './messaging-unavailable.ts';
import type { NatsLink } from './nats-connection.ts';

const firstRetryMs = 100;
const maxRetryMs = 2_000;

export interface WhileConnectedOptions {
  readonly connection: NatsLink;
  readonly log: Log;
  /** What the work is, for the log. */
  readonly name: string;
  /** The signal aborts when the connection drops or the work is stopped. */
  readonly work: (client: NatsConnection, signal: AbortSignal) => Promise<void>;
}

/**
 * Does work once per connection, from the beginning after every reconnect: a server that was away may have forgotten
 * anything. Work that throws or ends early is begun again after a pause that doubles up to two seconds.
 */
export function runWhileConnected({ connection, log, name, work }: WhileConnectedOptions): Running {
  const stopping = new AbortController();
  const done = (async () => {
    let retryMs = firstRetryMs;
    while (!stopping.signal.aborted) {
      const client = await connection.whenConnected(stopping.signal);
      if (client === null) return;
      const session = connectionSignal(connection, stopping.signal);
      const startedAt = performance.now();
      await work(client, session.signal).catch((error) => {
        if (!session.signal.aborted) log.warn({ error, name }, `${name} stumbled, trying again`);
      });
      if (performance.now() - startedAt > maxRetryMs) retryMs = firstRetryMs;
      if (!session.signal.aborted) {
        await delay(retryMs, undefined, { signal: session.signal }).catch(() => {});
        retryMs = Math.min(retryMs * 2, maxRetryMs);
      }
      session.dispose();
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await done;
    },
  };
}

/**
 * Asks something of the server, and throws {@link MessagingUnavailable} at once when there is no connection, or when it
 * drops before the answer.
 */
export async function askWhileConnected<T>(
  connection: NatsLink,
  request: (client: NatsConnection) => Promise<T>,
): Promise<T> {
  const { client } = connection;
  if (client === null) throw new MessagingUnavailable('There is no connection to NATS.');
  const session = connectionSignal(connection);
  try {
    return await unlessAborted(session.signal, request(client));
  } catch (error) {
    if (error instanceof MessagingUnavailable) throw error;
    throw new MessagingUnavailable('NATS did not do what was asked.', { cause: error });
  } finally {
    session.dispose();
  }
}

/** A signal that aborts when the present connection drops, or with the parent. Undisposed, its listeners stay. */
export function connectionSignal(connection: NatsLink, parent?: AbortSignal) {
  const ended = new AbortController();
  const end = () => ended.abort();
  const watching = connection.onConnectionChange((connected) => {
    if (!connected) end();
  });
  parent?.addEventListener('abort', end);
  if (parent?.aborted) end();
  const dispose = () => {
    parent?.removeEventListener('abort', end);
    void watching.stop();
  };
  return { signal: ended.signal, dispose };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Awaits an answer no longer than the signal lets it: a request that was under way when the server went has none. */
export async function unlessAborted<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
  const { promise: abort, reject } = Promise.withResolvers<never>();
  const abandon = () => reject(signal.reason);
  signal.addEventListener('abort', abandon);
  if (signal.aborted) abandon();
  try {
    return await Promise.race([answer, abort]);
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}
