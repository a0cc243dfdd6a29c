import { setTimeout as delay } from 'node:timers/promises';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features, { type SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { Server, ServerCredentials, type ServerErrorResponse, type sendUnaryData, status } from '@grpc/grpc-js';
import type { EventStore } from '@yardmaster/application';
import { type AppendCall, createAppender, statusError } from './serve-append.ts';
import { type ReadCall, serveRead } from './serve-read.ts';
import { createWireLog } from './wire-log.ts';

export { startWireServerProcess, type WireServerProcess } from './wire-server-process.ts';

export interface WireServerOptions {
  /** Where the events are kept. Not stopped by the server; nothing else should append to it meanwhile. */
  readonly store: EventStore;
  /** A free port by default. */
  readonly port?: number;
  /**
   * False: refuses a repeated append instead of answering it with the first result. Which of the two a real server does
   * depends on how the append was made and on how much it still remembers. True by default.
   */
  readonly knowsRepetitions?: boolean;
}

export interface WireServer {
  /** The connection string for clients. */
  readonly url: string;
  readonly port: number;
  /** Writes the next append, but breaks off instead of answering it. */
  loseNextAnswer(): void;
  /** Idempotent. Ends subscriptions as a server does that is shut down, and finishes the appends under way. */
  stop(): Promise<void>;
  /** Drops every connection at once, like a crash: what was being appended is stored or not. */
  kill(): void;
}

const version = '22.10.5.0';
const stopTimeoutMs = 5_000;

/**
 * Serves an event store on 127.0.0.1 in the protocol of EventStoreDB 22.10.5, as far as appends, reads and
 * subscriptions go, through the service definitions of the official client. For tests of the adapter: over it runs
 * the real client, its real quirks and a real connection. BatchAppend and deletes are not offered.
 */
export async function startWireServer(options: WireServerOptions): Promise<WireServer> {
  const { store, port = 0, knowsRepetitions = true } = options;
  const log = createWireLog(store);
  const append = createAppender({ store, log, knowsRepetitions });
  const ending = new AbortController();
  let losesNextAnswer = false;

  const server = new Server();
  server.addService(ServerFeaturesService, {
    getSupportedMethods: (_call: unknown, callback: sendUnaryData<SupportedMethods>) => callback(null, supported()),
  });
  server.addService(StreamsService, {
    append(call: AppendCall, callback: sendUnaryData<AppendResp>) {
      append(call).then(
        (answer) => {
          const lost = losesNextAnswer;
          losesNextAnswer = false;
          if (lost) callback(statusError(status.UNAVAILABLE, 'The answer was lost.'));
          else callback(null, answer);
        },
        (error: unknown) => callback(toStatus(error)),
      );
    },
    read(call: ReadCall) {
      const gone = new AbortController();
      call.once('cancelled', () => gone.abort());
      serveRead(call, log, AbortSignal.any([gone.signal, ending.signal])).then(
        () => {
          if (ending.signal.aborted)
            call.emit('error', statusError(status.UNAVAILABLE, 'The server is shutting down.'));
          else call.end();
        },
        (error: unknown) => call.emit('error', toStatus(error)),
      );
    },
  });
  const boundPort = await bind(server, port);

  let stopped: Promise<void> | undefined;
  return {
    url: `esdb://127.0.0.1:${boundPort}?tls=false`,
    port: boundPort,
    loseNextAnswer() {
      losesNextAnswer = true;
    },
    stop() {
      ending.abort();
      stopped ??= shutDown(server);
      return stopped;
    },
    kill() {
      server.forceShutdown();
      ending.abort();
    },
  };
}

const bind = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });

/** Lets calls finish; idle connections are told to go, and cut off if they do not. */
async function shutDown(server: Server): Promise<void> {
  const finished = new Promise<void>((resolve) => {
    server.tryShutdown(() => resolve());
  });
  await Promise.race([finished, delay(stopTimeoutMs, undefined, { ref: false })]);
  server.forceShutdown();
}

function supported(): SupportedMethods {
  const methods = ['read', 'append'].map((name) =>
    new features.SupportedMethod().setServiceName('event_store.client.streams.streams').setMethodName(name),
  );
  return new features.SupportedMethods().setEventStoreServerVersion(version).setMethodsList(methods);
}

function toStatus(error: unknown): ServerErrorResponse {
  // Ours, or gRPC's own: both are made with a status.
  if (error instanceof Error && 'details' in error) return error as ServerErrorResponse;
  return statusError(status.UNKNOWN, error instanceof Error ? error.message : String(error));
}
