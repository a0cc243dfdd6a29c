import { controlSubject, heartbeatSubject, subjectToken, workerInboxPrefix, workStream } from './subjects.ts';

/** Who may connect to the nats-server, by the public half of each one's nkey. */
export interface NatsUsers {
  /** The gateways and the orchestrator: no limits within the account. */
  readonly serverPublicKey: string;
  readonly workers: readonly { readonly workerId: string; readonly publicKey: string }[];
}

const publicKeyPattern = /^U[A-Z2-7]{55}$/;

/**
 * The `authorization` block of a nats-server configuration. Nobody else may connect. A worker may pull and acknowledge
 * work, and may claim, report, log and beat under its own id; it hears the answers to it and what is said to it, and
 * nothing else. It holds no secret: only public keys enter the file.
 *
 * Throws on an id or key that is malformed, since such a text could widen a permission.
 */
export function natsAuthorization({ serverPublicKey, workers }: NatsUsers): string {
  const users = [
    { nkey: userKey(serverPublicKey) },
    ...workers.map(({ workerId, publicKey }) => ({
      nkey: userKey(publicKey),
      permissions: workerPermissions(workerId),
    })),
  ];
  // The server's configuration format takes JSON values.
  return `authorization: ${JSON.stringify({ users }, null, 2)}\n`;
}

/** The shortest list with which a worker works: wildcards stand for a pool, a job and an attempt, never for a worker. */
function workerPermissions(workerId: string) {
  const id = subjectToken(workerId);
  return {
    publish: {
      allow: [
        `$JS.API.CONSUMER.INFO.${workStream}.*`,
        `$JS.API.CONSUMER.MSG.NEXT.${workStream}.*`,
        `$JS.ACK.${workStream}.>`,
        `claim.${id}.*`,
        `reports.${id}.*`,
        `logs.${id}.*.*`,
        heartbeatSubject(id),
      ],
    },
    subscribe: { allow: [`${workerInboxPrefix(id)}.>`, controlSubject(id)] },
  };
}

function userKey(publicKey: string): string {
  if (!publicKeyPattern.test(publicKey)) throw new TypeError('Not the public key of a NATS user (U…).');
  return publicKey;
}
