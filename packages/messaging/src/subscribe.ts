import type { Msg } from '@nats-io/transport-node';
import type { Log, Running } from '@yardmaster/application';
import type { NatsLink } from './nats-connection.ts';
import { aborted, runWhileConnected } from './run-while-connected.ts';

export interface SubscribeOptions {
  readonly connection: NatsLink;
  readonly log: Log;
  readonly subject: string;
  readonly handler: (message: Msg) => void;
}

/** Hears plain messages while connected, and again after every reconnect. What the handler throws is logged. */
export function subscribe({ connection, log, subject, handler }: SubscribeOptions): Running {
  return runWhileConnected({
    connection,
    log,
    name: `Listening to ${subject}`,
    work: async (client, signal) => {
      const subscription = client.subscribe(subject, {
        callback: (error, message) => {
          // An error comes only with the end of the subscription, which the work below notices.
          if (error !== null || signal.aborted) return;
          try {
            handler(message);
          } catch (thrown) {
            log.error({ error: thrown, subject: message.subject }, 'The handler of a message threw');
          }
        },
      });
      try {
        const refused = await Promise.race([aborted(signal), subscription.closed]);
        if (refused instanceof Error) throw refused;
      } finally {
        subscription.unsubscribe();
      }
    },
  });
}
