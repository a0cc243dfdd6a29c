import type { JsMsg } from '@nats-io/jetstream';
import type { Log, LogFeed, ReceivedLogBatch } from '@yardmaster/application';
import { LogBatch } from '@yardmaster/protocol';
import { handleWithRetries } from './handle-with-retries.ts';
import { parseMessage, parseSpeaker } from './messages.ts';
import type { NatsLink } from './nats-connection.ts';
import { readStream } from './stream-reader.ts';
import { logStreamDefinition } from './streams.ts';
import { logSubject } from './subjects.ts';

/** The log lines of all workers, from the `LOGS` stream. A handler that throws is called again with the same batch. */
export function createLogFeed({ connection, log }: { readonly connection: NatsLink; readonly log: Log }): LogFeed {
  return {
    consumeLogs: ({ mark, handler }) => {
      const stopping = new AbortController();
      const reader = readStream({
        connection,
        log,
        definition: logStreamDefinition,
        mark,
        deliver: async (message, place) => {
          const received = parseBatch(message, log);
          if (received === null) return;
          const { signal } = stopping;
          await handleWithRetries({ handle: () => handler(received, place), signal, log, subject: message.subject });
        },
      });
      return {
        stop: async () => {
          stopping.abort();
          await reader.stop();
        },
      };
    },
  };
}

function parseBatch({ subject, data, seq }: JsMsg, log: Log): ReceivedLogBatch | null {
  const speaker = parseSpeaker(subject);
  const batch = parseMessage({ schema: LogBatch, subject, data, log });
  if (speaker === null || batch === null) return null;
  if (subject !== logSubject(speaker.workerId, batch.jobId, batch.attempt)) {
    log.warn({ subject }, 'Dropped log lines that name another build than their subject');
    return null;
  }
  return { workerId: speaker.workerId, batch, sequence: seq };
}
