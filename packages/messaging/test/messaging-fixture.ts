import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node';
import { silentLog } from '@yardmaster/application';
import { JobId, WorkerId } from '@yardmaster/domain';
import {
  connectNats,
  createNatsKey,
  createOrchestratorMessaging,
  createWorkerMessaging,
  type NatsKey,
  natsAuthorization,
  workerInboxPrefix,
} from '../src/index.ts';
import { startNatsServer } from '../testing/index.ts';

export const pool = 'default';
export const jobId = (id: string) => JobId.parse(id);
export const workerId = (id: string) => WorkerId.parse(id);
export const workerNames = ['w1', 'w2'] as const;

/** A real nats-server with the real permissions, and everything that connects to it; all ended in reverse order. */
export async function openMessaging() {
  const dataDir = await mkdtemp(join(tmpdir(), 'yardmaster-messaging-'));
  const serverKey = createNatsKey();
  const workerKeys = new Map<string, NatsKey>(workerNames.map((name) => [name, createNatsKey()]));
  const authorization = natsAuthorization({
    serverPublicKey: serverKey.publicKey,
    workers: [...workerKeys].map(([id, key]) => ({ workerId: id, publicKey: key.publicKey })),
  });
  const server = await startNatsServer({ dataDir, authorization });
  const endings: (() => Promise<unknown>)[] = [() => rm(dataDir, { recursive: true, force: true }), server.stop];
  const { url } = server;

  const connectServer = () => {
    const connection = connectNats({ url, seed: serverKey.seed, name: 'server', log: silentLog });
    endings.push(connection.stop);
    return connection;
  };
  const seedOf = (name: string) => workerKeys.get(name)?.seed ?? '';
  return {
    server,
    serverSeed: serverKey.seed,
    connectServer,
    /** Ends with the fixture, before what was opened earlier. */
    onEnd: (end: () => Promise<unknown>) => void endings.push(end),
    openOrchestrator: async ({ ackWaitMs }: { readonly ackWaitMs?: number } = {}) => {
      const connection = connectServer();
      const options = { connection, log: silentLog, pools: [pool] };
      const messaging = createOrchestratorMessaging(ackWaitMs === undefined ? options : { ...options, ackWaitMs });
      endings.push(messaging.stop);
      await becomes(messaging, true);
      return { connection, messaging };
    },
    openWorker: async (name: (typeof workerNames)[number]) => {
      const connection = connectNats({
        url,
        seed: seedOf(name),
        inboxPrefix: workerInboxPrefix(name),
        name,
        log: silentLog,
      });
      endings.push(connection.stop);
      await connection.whenConnected();
      const messaging = createWorkerMessaging({ connection, workerId: workerId(name), pool, log: silentLog });
      return { connection, messaging };
    },
    /** A client with the worker's key and none of our manners: what a worker that was taken over can do. */
    connectRogue: async (name: string, inboxPrefix = workerInboxPrefix(name)): Promise<NatsConnection> => {
      const authenticator = nkeyAuthenticator(new TextEncoder().encode(seedOf(name)));
      const rogue = await connect({ servers: url, authenticator, inboxPrefix, reconnect: false });
      endings.push(() => rogue.close());
      return rogue;
    },
    end: async () => {
      for (const ending of endings.reverse()) await ending();
    },
  };
}

export type Messaging = Awaited<ReturnType<typeof openMessaging>>;

type Connectable = Pick<ReturnType<typeof createOrchestratorMessaging>, 'onConnectionChange'>;

/** Resolves when the connection is, or comes to be, as wanted. */
export function becomes(connectable: Connectable, wanted: boolean): Promise<void> {
  return new Promise((resolve) => {
    const watching = connectable.onConnectionChange((connected) => {
      if (connected !== wanted) return;
      resolve();
      queueMicrotask(() => void watching.stop());
    });
  });
}

/** Collects what handlers get; `take(n)` resolves with the first n once they are there. */
export function collector<T>() {
  const items: T[] = [];
  const waiting = new Set<() => void>();
  return {
    items,
    add: (item: T) => {
      items.push(item);
      for (const check of [...waiting]) check();
    },
    take: (count: number): Promise<readonly T[]> =>
      new Promise((resolve) => {
        const check = () => {
          if (items.length < count) return;
          waiting.delete(check);
          resolve(items.slice(0, count));
        };
        waiting.add(check);
        check();
      }),
  };
}
