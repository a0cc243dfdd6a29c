import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log, OrchestratorMessaging } from '@yardmaster/application';
import { Heartbeat } from '@yardmaster/protocol';
import { consumeReports } from './consume-reports.ts';
import { encode, parseMessage } from './messages.ts';
import type { NatsLink } from './nats-connection.ts';
import { askWhileConnected, runWhileConnected, unlessAborted } from './run-while-connected.ts';
import { serveClaims } from './serve-claims.ts';
import {
  ensurePoolConsumer,
  ensureStream,
  logStreamDefinition,
  managerOf,
  reportStreamDefinition,
  workAckWaitMs,
  workStreamDefinition,
} from './streams.ts';
import { controlSubject, heartbeatSubject } from './subjects.ts';
import { subscribe } from './subscribe.ts';
import { listWork, publishWork, withdrawWork } from './work-queue.ts';

/** How often the streams are asked for while connected. */
const checkEveryMs = 5_000;

export interface OrchestratorMessagingOptions {
  readonly connection: NatsLink;
  readonly log: Log;
  /** The pools that workers may pull from as soon as there is a connection. Others are made when work is published. */
  readonly pools: readonly string[];
  /** How long a slot may hold an item without acknowledging it. */
  readonly ackWaitMs?: number;
}

/**
 * The orchestrator's side of the conversation over NATS. `connected` means that the streams and the pools' consumers are
 * there as well: they are checked, and made again where they are missing, after every reconnect and every few seconds, since
 * a nats-server whose disk was full stays reachable and answers no more. `stop` ends that and
 * leaves the connection open; what was started through it is stopped by who started it.
 */
export function createOrchestratorMessaging(
  options: OrchestratorMessagingOptions,
): OrchestratorMessaging & { stop(): Promise<void> } {
  const { connection, log } = options;
  const ready = createReadiness(options);

  /** Repairs the streams once when the first try fails, as it does when they were removed behind our back. */
  const ask = <T>(pool: string, request: (client: NatsConnection) => Promise<T>): Promise<T> =>
    askWhileConnected(connection, async (client) => {
      if (!ready.pools.has(pool)) await ready.repair(client, pool);
      return await request(client).catch(async () => {
        await ready.repair(client, pool);
        return request(client);
      });
    });

  return {
    get connected() {
      return ready.now;
    },
    onConnectionChange: (listener) => ready.onChange(listener),
    publishWork: (pool, item) => ask(pool, (client) => publishWork(client, { pool, item, log })),
    withdrawWork: (pool, jobId) => ask(pool, (client) => withdrawWork(client, pool, jobId)),
    listWork: (pool) => ask(pool, (client) => listWork(client, pool)),
    serveClaims: (handler) => serveClaims({ connection, log, handler }),
    consumeReports: (consuming) => consumeReports({ connection, log, ...consuming }),
    onHeartbeat: (handler) =>
      subscribe({
        connection,
        log,
        subject: 'heartbeat.*',
        handler: ({ subject, data }) => {
          const heartbeat = parseMessage({ schema: Heartbeat, subject, data, log });
          if (heartbeat === null) return;
          if (subject === heartbeatSubject(heartbeat.workerId)) handler(heartbeat);
          else log.warn({ subject }, 'Dropped a heartbeat that names another worker than its subject');
        },
      }),
    sendControl: (workerId, message) => connection.client?.publish(controlSubject(workerId), encode(message)),
    stop: () => ready.stop(),
  };
}

function createReadiness({ connection, log, pools, ackWaitMs = workAckWaitMs }: OrchestratorMessagingOptions) {
  const known = new Set(pools);
  const listeners = new Set<(connected: boolean) => void>();
  let now = false;

  const tell = (listener: (connected: boolean) => void) => {
    try {
      listener(now);
    } catch (error) {
      log.error({ error }, 'A listener of the messaging connection threw');
    }
  };
  const change = (connected: boolean) => {
    if (now === connected) return;
    now = connected;
    for (const listener of [...listeners]) tell(listener);
  };
  const repair = async (client: NatsConnection, pool?: string) => {
    const manager = await managerOf(client);
    for (const definition of [workStreamDefinition, reportStreamDefinition, logStreamDefinition]) {
      await ensureStream(manager, definition);
    }
    if (pool !== undefined) known.add(pool);
    for (const name of known) await ensurePoolConsumer(manager, name, ackWaitMs);
  };
  const running = runWhileConnected({
    connection,
    log,
    name: 'Preparing the streams',
    work: async (client, signal) => {
      try {
        for (;;) {
          await unlessAborted(signal, repair(client));
          change(true);
          await delay(checkEveryMs, undefined, { signal });
        }
      } finally {
        change(false);
      }
    },
  });

  return {
    get now() {
      return now;
    },
    pools: known as ReadonlySet<string>,
    repair,
    onChange: (listener: (connected: boolean) => void) => {
      listeners.add(listener);
      tell(listener);
      return { stop: async () => void listeners.delete(listener) };
    },
    stop: () => running.stop(),
  };
}
