import { type Consumer, type ConsumerMessages, type JsMsg, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log, Running, StreamMark } from '@yardmaster/application';
import type { NatsLink } from './nats-connection.ts';
import { runWhileConnected, unlessAborted } from './run-while-connected.ts';
import { apiTimeoutMs, ensureStream, managerOf, type StreamDefinition } from './streams.ts';

/** Messages that wait in memory for their turn. */
const maxPrefetched = 200;
/** How long one request for messages stays with the server. */
const pullExpiresMs = 10_000;
/** A request that the server has forgotten, as when the stream was made anew, shows after three of these. */
const idleHeartbeatMs = 1_500;

/** Signs that the consumer on the server is not what it was. The reader then looks at the stream afresh. */
const troubles: ReadonlySet<string> = new Set([
  'heartbeats_missed',
  'consumer_not_found',
  'stream_not_found',
  'consumer_deleted',
  'no_responders',
  'exceeded_limits',
  'reset',
]);

export interface ReadStreamOptions {
  readonly connection: NatsLink;
  readonly log: Log;
  readonly definition: StreamDefinition;
  readonly mark: StreamMark | null;
  /** Called one at a time, in stream order; the place of the message is its mark. Must not throw. */
  readonly deliver: (message: JsMsg, mark: StreamMark) => Promise<void>;
}

/**
 * Reads a stream from a mark on, for as long as it runs: each message once and in order while the stream lives, across
 * reconnects and crashes of the server. A stream that is gone is made again, and one that was made anew or is shorter
 * than what was read is read from its first message.
 */
export function readStream({ connection, log, definition, mark, deliver }: ReadStreamOptions): Running {
  let read = mark;
  let stopped = false;

  const work = async (client: NatsConnection, signal: AbortSignal) => {
    const info = await unlessAborted(signal, ensureStream(await managerOf(client), definition));
    const isKnown = read?.streamCreated === info.created && read.sequence <= info.state.last_seq;
    const consumer = await unlessAborted(
      signal,
      jetstream(client, { timeout: apiTimeoutMs }).consumers.get(definition.name, {
        opt_start_seq: isKnown && read !== null ? read.sequence + 1 : 1,
      }),
    );
    const messages = await consumer.consume({
      max_messages: maxPrefetched,
      expires: pullExpiresMs,
      idle_heartbeat: idleHeartbeatMs,
    });
    const close = () => void messages.close();
    signal.addEventListener('abort', close, { once: true });
    if (signal.aborted) close();
    const trouble = closeOnTrouble(messages);
    try {
      for await (const message of messages) {
        if (signal.aborted) return;
        const place = { streamCreated: info.created, sequence: message.seq };
        await deliver(message, place);
        if (stopped) return;
        read = place;
      }
      if (!signal.aborted) throw new Error(`reading was interrupted: ${await trouble}`);
    } finally {
      signal.removeEventListener('abort', close);
      close();
      discard(consumer, connection);
    }
  };

  const running = runWhileConnected({ connection, log, name: `Reading ${definition.name}`, work });
  return {
    stop: async () => {
      stopped = true;
      await running.stop();
    },
  };
}

/** Resolves with the sign that ended it, or with nothing when the reading ended otherwise. */
async function closeOnTrouble(messages: ConsumerMessages): Promise<string | null> {
  for await (const notification of messages.status()) {
    if (!troubles.has(notification.type)) continue;
    void messages.close();
    return notification.type;
  }
  return null;
}

/** Tidiness only: the server removes a consumer that nobody uses after five minutes. */
function discard(consumer: Consumer, connection: NatsLink): void {
  if (connection.connected) void consumer.delete().catch(() => {});
}
