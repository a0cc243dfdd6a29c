import { createUser } from '@nats-io/nkeys';

/** The keys with which server and workers sign in to our nats-server; new at each start and held in memory only. */
export type MessageKeys = {
  readonly server: MessageKey;
  readonly workers: readonly (MessageKey & { readonly workerId: string })[];
};

/** The seed is the secret; the message server is told the public key only. */
export type MessageKey = { readonly publicKey: string; readonly seed: string };

/** One key for the server and one for each worker. */
export function createMessageKeys(workerIds: readonly string[]): MessageKeys {
  return { server: createKey(), workers: workerIds.map((workerId) => ({ workerId, ...createKey() })) };
}

function createKey(): MessageKey {
  const pair = createUser();
  return { publicKey: pair.getPublicKey(), seed: new TextDecoder().decode(pair.getSeed()) };
}
