import type { Msg } from '@nats-io/transport-node';
import type { Log, OrchestratorMessaging, Running } from '@yardmaster/application';
import { ClaimRequest } from '@yardmaster/protocol';
import { encode, parseMessage, parseSpeaker } from './messages.ts';
import type { NatsLink } from './nats-connection.ts';
import { workerInboxPrefix } from './subjects.ts';
import { subscribe } from './subscribe.ts';

/** Claims that are being decided at one time. One beyond that gets no answer, so its worker asks again. */
const maxClaimsInFlight = 1_024;

export interface ServeClaimsOptions {
  readonly connection: NatsLink;
  readonly log: Log;
  readonly handler: Parameters<OrchestratorMessaging['serveClaims']>[0];
}

/** See {@link OrchestratorMessaging.serveClaims}. */
export function serveClaims({ connection, log, handler }: ServeClaimsOptions): Running {
  const inFlight = new Set<Promise<void>>();

  const answer = async (message: Msg) => {
    const { subject, reply } = message;
    const speaker = parseSpeaker(subject);
    const claim = parseMessage({ schema: ClaimRequest, subject, data: message.data, log });
    if (speaker === null || claim === null) return;
    // The answer carries secrets, and our own connection may publish anywhere: a reply subject of the worker's choice
    // would let it have us speak to JetStream or to other workers in our name.
    if (!reply?.startsWith(`${workerInboxPrefix(speaker.workerId)}.`)) {
      log.warn({ subject }, 'Dropped a claim whose answer was to go elsewhere than to its worker');
      return;
    }
    try {
      const answered = await handler({ ...claim, ...speaker });
      if (answered !== null) message.respond(encode(answered));
    } catch (error) {
      log.error({ error, subject }, 'A claim could not be decided and stays without an answer');
    }
  };

  const subscription = subscribe({
    connection,
    log,
    subject: 'claim.*.*',
    handler: (message) => {
      if (inFlight.size >= maxClaimsInFlight) {
        log.warn({ subject: message.subject }, 'Dropped a claim, too many are being decided');
        return;
      }
      const answering = answer(message).finally(() => inFlight.delete(answering));
      inFlight.add(answering);
    },
  });
  return {
    stop: async () => {
      await subscription.stop();
      await Promise.all(inFlight);
    },
  };
}
