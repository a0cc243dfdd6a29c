import { setTimeout as delay } from 'node:timers/promises';
import { type Consumer, type JsMsg, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '@yardmaster/application';
import { WorkItem } from '@yardmaster/protocol';
import { parseMessage } from './messages.ts';
import type { NatsLink } from './nats-connection.ts';
import { connectionSignal, unlessAborted } from './run-while-connected.ts';
import { apiTimeoutMs } from './streams.ts';
import { poolConsumer, workStream } from './subjects.ts';

const retryDelayMs = 250;
/** A worker may start before the orchestrator has made the streams; only after so many tries is it worth a word. */
const quietStumbles = 20;
/** How long one request for an item stays with the server. */
const pullExpiresMs = 10_000;
/** A request that the server has forgotten, as when the stream was made anew, shows after three of these. */
const idleHeartbeatMs = 1_500;

/** An item that this slot holds until `ack`, or until its ack wait is over and it goes to another slot. */
export interface PulledWork {
  readonly item: WorkItem;
  /** Takes the item out of the queue; does nothing while disconnected, and the item then comes again. */
  ack(): void;
}

export interface PullWorkOptions {
  readonly connection: NatsLink;
  readonly log: Log;
  readonly pool: string;
  readonly signal: AbortSignal;
}

/**
 * Work items for one slot, one at a time: the next is asked for only when the loop comes round, so a slot that builds
 * holds nothing back from others. It asks with single requests, because a standing subscription queues up a request for
 * every missed heartbeat of a long build and then gets several items at once. Ends when the signal aborts.
 */
export async function* pullWork(options: PullWorkOptions): AsyncGenerator<PulledWork, void, undefined> {
  const { connection, log, pool, signal } = options;
  let consumer: Consumer | null = null;
  let client: NatsConnection | null = null;
  let stumbles = 0;
  while (!signal.aborted) {
    const present = await connection.whenConnected(signal);
    if (present === null) return;
    const session = connectionSignal(connection, signal);
    try {
      if (present !== client) consumer = null;
      client = present;
      consumer ??= await unlessAborted(session.signal, poolConsumerOf(present, pool));
      const message = await pullOne(consumer, session.signal);
      stumbles = 0;
      if (message === null) continue;
      const item = parseMessage({ schema: WorkItem, subject: message.subject, data: message.data, log });
      if (item !== null) yield { item, ack: () => acknowledge(message, connection) };
      // Nobody could ever build it.
      else message.term();
    } catch (error) {
      // Without a stream or a consumer there is nothing to do but wait: the orchestrator makes them again.
      consumer = null;
      if (session.signal.aborted) continue;
      if (stumbles === quietStumbles) log.warn({ error, pool }, 'Work cannot be pulled, still trying');
      stumbles += 1;
      await delay(retryDelayMs, undefined, { signal: session.signal }).catch(() => {});
    } finally {
      session.dispose();
    }
  }
}

function poolConsumerOf(client: NatsConnection, pool: string): Promise<Consumer> {
  return jetstream(client, { timeout: apiTimeoutMs }).consumers.get(workStream, poolConsumer(pool));
}

/** The next item, or null when none came in time or the signal aborted. One that arrives after that is given back. */
async function pullOne(consumer: Consumer, signal: AbortSignal): Promise<JsMsg | null> {
  const messages = await consumer.fetch({ max_messages: 1, expires: pullExpiresMs, idle_heartbeat: idleHeartbeatMs });
  const close = () => void messages.close();
  // The server answers when the request expires; this is for a server that does not.
  const overdue = setTimeout(close, pullExpiresMs + apiTimeoutMs);
  signal.addEventListener('abort', close, { once: true });
  if (signal.aborted) close();
  try {
    for await (const message of messages) {
      if (!signal.aborted) return message;
      message.nak();
    }
    return null;
  } finally {
    clearTimeout(overdue);
    signal.removeEventListener('abort', close);
  }
}

function acknowledge(message: JsMsg, connection: NatsLink): void {
  if (connection.connected) message.ack();
}
