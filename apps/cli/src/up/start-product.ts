import { natsAuthorization } from '@yardmaster/messaging/nats-authorization';
import type { Settings } from '@yardmaster/protocol/settings';
import type { ChildrenInOrder } from './children-in-order.ts';
import type { DataFolder } from './data-folder.ts';
import { createMessageKeys, type MessageKeys } from './message-keys.ts';
import { natsServer } from './nats-server.ts';
import { serverProgram, workerProgram } from './product-programs.ts';

/** Every server says by itself that the message server does no work; within this time they mean the same thing. */
const SAME_COMPLAINT_MS = 5_000;

export type Product = {
  readonly settings: Settings;
  readonly dataFolder: DataFolder;
  /** One for each server. */
  readonly ports: readonly number[];
  readonly env: NodeJS.ProcessEnv;
  readonly children: Pick<ChildrenInOrder, 'start' | 'restart'>;
};

/**
 * nats-server first, since the others are told its port. Then the first server, which makes the keys and the token that a
 * new data directory lacks, and the workers beside it; the other servers when it is ready. Where servers may have to wait
 * for an event store that others run, workers come after the first: until then there is nothing to pull work from.
 */
export async function startProduct(product: Product): Promise<void> {
  const { settings, dataFolder, ports, children } = product;
  const workerIds = Array.from({ length: settings.workers }, (_, index) => `worker-${index + 1}`);
  const { natsUrl, keys } = await startMessaging(product, workerIds);
  const connections = { settings, dataFolder, ports, natsUrl, env: product.env };
  const onMessagingUnavailable = restartOnce(() => children.restart('nats-server'));
  const [first, ...others] = ports.map((port, index) =>
    serverProgram({
      ...connections,
      serverId: serverIdOf(index),
      port,
      natsSeed: keys?.server.seed ?? settings.natsSeed,
      onMessagingUnavailable,
    }),
  );
  if (first === undefined) return;
  const server = children.start(first);
  if (settings.eventStoreUrl !== undefined) await server;
  await Promise.all([
    server.then(() => Promise.all(others.map((spec) => children.start(spec)))),
    ...workerIds.map((workerId, index) => {
      const natsSeed = keys?.workers[index]?.seed ?? settings.natsSeed;
      // Each begins with another server, so that their transfers are spread.
      const first = index % ports.length;
      const nearest = [...ports.slice(first), ...ports.slice(0, first)];
      return children.start(workerProgram({ ...connections, ports: nearest, workerId, natsSeed }));
    }),
  ]);
}

/** The first server has the name that stands alone where there is only one. */
const serverIdOf = (index: number): string => (index === 0 ? 'server' : `server-${index + 1}`);

async function startMessaging(
  { settings, dataFolder, env, children }: Product,
  workerIds: readonly string[],
): Promise<{ readonly natsUrl: () => string; readonly keys: MessageKeys | null }> {
  const { natsUrl } = settings;
  if (natsUrl !== undefined) return { natsUrl: () => natsUrl, keys: null };
  const keys = createMessageKeys(workerIds);
  const authorization = natsAuthorization({ serverPublicKey: keys.server.publicKey, workers: keys.workers });
  const nats = natsServer({ folder: dataFolder.nats, authorization, env });
  await children.start(nats.spec);
  return { natsUrl: nats.url, keys };
}

/** What several servers ask for at about the same time is done once. */
export function restartOnce(restart: () => void, now: () => number = () => performance.now()): () => void {
  let restartedAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (now() - restartedAtMs < SAME_COMPLAINT_MS) return;
    restartedAtMs = now();
    restart();
  };
}
