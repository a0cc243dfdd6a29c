import { createUser } from '@nats-io/nkeys';

/** A key pair of a NATS user. The seed is a secret: whoever has it is that user. */
export interface NatsKey {
  readonly seed: string;
  readonly publicKey: string;
}

/** Makes a new key pair for a server or a worker. */
export function createNatsKey(): NatsKey {
  const user = createUser();
  const key = { seed: new TextDecoder().decode(user.getSeed()), publicKey: user.getPublicKey() };
  user.clear();
  return key;
}
