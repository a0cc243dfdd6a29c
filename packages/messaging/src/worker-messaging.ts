import { jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log, Running } from '@yardmaster/application';
import type { JobId, WorkerId } from '@yardmaster/domain';
import type { WorkerReport } from '@yardmaster/protocol';
import { ClaimReply, type ClaimRequest, ControlMessage, type Heartbeat, type LogBatch } from '@yardmaster/protocol';
import { fitLogBatch, fitReport } from './fit-message.ts';
import { encode, parseMessage } from './messages.ts';
import type { NatsLink } from './nats-connection.ts';
import { type PulledWork, pullWork } from './pull-work.ts';
import { askWhileConnected } from './run-while-connected.ts';
import { apiTimeoutMs } from './streams.ts';
import {
  claimSubject,
  controlSubject,
  heartbeatSubject,
  logStream,
  logSubject,
  reportStream,
  reportSubject,
} from './subjects.ts';
import { subscribe } from './subscribe.ts';

/** How long a claim waits for its answer before it is asked again. */
export const claimTimeoutMs = 5_000;

export interface WorkerMessagingOptions {
  /** Connected as this worker, with `inboxPrefix: workerInboxPrefix(workerId)`. */
  readonly connection: NatsLink;
  readonly workerId: WorkerId;
  readonly pool: string;
  readonly log: Log;
}

/**
 * A worker's side of the conversation. Nothing here throws because NATS is away: an answer that did not come is null, and
 * what was not stored is false, so that the caller keeps it and tries again. Nothing is kept in here.
 */
export interface WorkerMessaging {
  /** Work items for one slot; call it once per slot. Ends when the signal aborts. */
  pullWork(signal: AbortSignal): AsyncIterable<PulledWork>;
  /** Null when no valid answer came in time: ask again with the same claim id. */
  claim(jobId: JobId, request: ClaimRequest): Promise<ClaimReply | null>;
  /**
   * True once the report is stored. A report that is too large for a message loses annotations, which the log still has.
   */
  sendReport(jobId: JobId, report: WorkerReport): Promise<boolean>;
  /** True once all lines are stored. A batch that is too large goes as several; sending it again is harmless. */
  sendLogs(batch: LogBatch): Promise<boolean>;
  /** Fire and forget. */
  heartbeat(heartbeat: Heartbeat): void;
  onControl(handler: (message: ControlMessage) => void): Running;
}

export function createWorkerMessaging(options: WorkerMessagingOptions): WorkerMessaging {
  const { connection, workerId, pool, log } = options;

  /** No message id for the server to recognise repeats by: it would swallow what the leader has asked for again. */
  const store = async (subject: string, stream: string, data: Uint8Array): Promise<boolean> => {
    const publish = { timeout: apiTimeoutMs, expect: { streamName: stream } };
    try {
      await askWhileConnected(connection, (client) => jetstream(client).publish(subject, data, publish));
      return true;
    } catch (error) {
      if (connection.connected) log.warn({ error, subject }, 'JetStream did not store a message');
      return false;
    }
  };

  return {
    pullWork: (signal) => pullWork({ connection, log, pool, signal }),
    claim: async (jobId, request) => {
      const subject = claimSubject(workerId, jobId);
      const options = { timeout: claimTimeoutMs };
      try {
        const ask = (client: NatsConnection) => client.request(subject, encode(request), options);
        const { data } = await askWhileConnected(connection, ask);
        return parseMessage({ schema: ClaimReply, subject, data, log });
      } catch {
        // Nobody listens, nobody answered in time, or the connection went: all the same to who asks.
        return null;
      }
    },
    sendReport: (jobId, report) => store(reportSubject(workerId, jobId), reportStream, fitReport(report)),
    sendLogs: async (batch) => {
      const subject = logSubject(workerId, batch.jobId, batch.attempt);
      for (const data of fitLogBatch(batch)) {
        if (!(await store(subject, logStream, data))) return false;
      }
      return true;
    },
    heartbeat: (heartbeat) => connection.client?.publish(heartbeatSubject(workerId), encode(heartbeat)),
    onControl: (handler) =>
      subscribe({
        connection,
        log,
        subject: controlSubject(workerId),
        handler: ({ subject, data }) => {
          const message = parseMessage({ schema: ControlMessage, subject, data, log });
          if (message !== null) handler(message);
        },
      }),
  };
}
