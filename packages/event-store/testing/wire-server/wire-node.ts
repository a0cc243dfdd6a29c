import { setTimeout as delay } from 'node:timers/promises';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features, { type SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type {
  AppendResp,
  DeleteReq,
  DeleteResp,
  TombstoneReq,
  TombstoneResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import {
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { type Credentials, createAdmission, type Membership } from './admission.ts';
import { createFaults, type Faults } from './faults.ts';
import { type AppendCall, serveAppend } from './serve-append.ts';
import { type BatchAppendCall, serveBatchAppend } from './serve-batch-append.ts';
import { serveDelete, serveTombstone } from './serve-delete.ts';
import { type ReadCall, serveRead } from './serve-read.ts';
import { shuttingDown, statusError, toStatus } from './status.ts';
import type { StreamWriter } from './stream-writer.ts';
import type { WireLog } from './wire-log.ts';

export interface NodeSettings {
  /** Serves TLS with these, in PEM; without them the connection is not encrypted, and clients send no credentials. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Asked of every caller. Without them everybody may do everything. */
  readonly credentials?: Credentials;
  /**
   * Whether appends can come by the thousand over one call, as a real server offers it and the client then prefers.
   * True by default.
   */
  readonly offersBatchAppend?: boolean;
}

export interface WireNodeOptions extends NodeSettings {
  readonly log: WireLog;
  readonly writer: StreamWriter;
  readonly membership: Membership;
  gossip(): ClusterInfo;
  /** 0 for a free one. */
  readonly port: number;
}

export interface WireNode extends Faults {
  readonly port: number;
  /** Idempotent. Ends subscriptions as a server does that is shut down, and finishes the appends under way. */
  stop(): Promise<void>;
  /** Drops every connection at once, like a crash: what was being appended is stored or not. */
  kill(): void;
}

/** Under which name clients reach a node. With TLS by one: an address is no name that TLS may ask for. */
export const hostOf = ({ tls }: NodeSettings): string => (tls === undefined ? '127.0.0.1' : 'localhost');

/** The connection string for nodes on these ports, without credentials and without the certificate to trust. */
export const urlOf = (settings: NodeSettings, ports: readonly number[]): string =>
  `esdb://${ports.map((port) => `${hostOf(settings)}:${port}`).join(',')}?tls=${settings.tls !== undefined}`;

const version = '22.10.5.0';
const stopTimeoutMs = 5_000;
/** Appends that are larger than the server takes must still reach it, to be refused. */
const maxMessageBytes = 16 * 1_048_576;

/** Serves a log on 127.0.0.1, as one node of a cluster or alone. */
export async function startWireNode(options: WireNodeOptions): Promise<WireNode> {
  const { log, writer, membership, credentials, offersBatchAppend = true } = options;
  const ending = new AbortController();
  const { faults, gates } = createFaults(ending.signal);
  const streams = new Set<AbortController>();
  const refuse = createAdmission({ credentials, membership });
  const admit = async (call: { readonly metadata: Metadata }) => {
    const refusal = refuse(call.metadata);
    if (refusal !== undefined) throw refusal;
    await gates.beforeCall();
  };
  /** A call with one answer. */
  const answer = async <Response>(
    call: { readonly metadata: Metadata },
    callback: sendUnaryData<Response>,
    work: () => Promise<Response>,
    beforeAnswer: () => Promise<void> = gates.beforeAnswer,
  ) => {
    try {
      await admit(call);
      const response = await work();
      await beforeAnswer();
      callback(null, response);
    } catch (error) {
      callback(toStatus(error));
    }
  };
  /** A call that goes on until `work` is done or its signal aborts, which tells the client why. */
  const stream = async (
    call: ReadCall | BatchAppendCall,
    work: (signal: AbortSignal) => Promise<void>,
    registry: Set<AbortController> = streams,
  ) => {
    // Not made of the server's signal by AbortSignal.any: that would keep every call for as long as the server lives.
    const controller = new AbortController();
    for (const one of [streams, registry]) one.add(controller);
    call.once('cancelled', () => controller.abort(statusError(status.CANCELLED, 'The client has gone.')));
    try {
      if (ending.signal.aborted) throw shuttingDown();
      await admit(call);
      await work(controller.signal);
      controller.signal.throwIfAborted();
      call.end();
    } catch (error) {
      call.emit('error', toStatus(error));
    } finally {
      for (const one of [streams, registry]) one.delete(controller);
    }
  };
  const end = () => {
    ending.abort();
    for (const one of streams) one.abort(shuttingDown());
  };

  const server = new Server({ 'grpc.max_receive_message_length': maxMessageBytes });
  server.addService(GossipService, {
    read: (_call: unknown, callback: sendUnaryData<ClusterInfo>) => callback(null, options.gossip()),
  });
  server.addService(ServerFeaturesService, {
    getSupportedMethods: (_call: unknown, callback: sendUnaryData<SupportedMethods>) =>
      callback(null, supported(offersBatchAppend)),
  });
  server.addService(StreamsService, {
    append: (call: AppendCall, callback: sendUnaryData<AppendResp>) =>
      void answer(call, callback, () => serveAppend(call, writer), gates.beforeAppendAnswer),
    delete: (call: ServerUnaryCall<DeleteReq, DeleteResp>, callback: sendUnaryData<DeleteResp>) =>
      void answer(call, callback, () => serveDelete(call.request, writer)),
    tombstone: (call: ServerUnaryCall<TombstoneReq, TombstoneResp>, callback: sendUnaryData<TombstoneResp>) =>
      void answer(call, callback, () => serveTombstone(call.request, writer)),
    ...(offersBatchAppend && {
      batchAppend(call: BatchAppendCall) {
        const { beforeAppendAnswer: beforeAnswer } = gates;
        const work = (signal: AbortSignal) =>
          serveBatchAppend(call, { writer, signal, beforeAnswer, admit: () => admit(call) });
        void stream(call, work);
      },
    }),
    read(call: ReadCall) {
      const isSubscription = call.request.getOptions()?.hasSubscription() === true;
      const work = async (signal: AbortSignal) => {
        await gates.beforeAnswer();
        await serveRead(call, log, signal);
      };
      void stream(call, work, isSubscription ? gates.subscriptions : undefined);
    },
  });
  const port = await bind(server, options);

  let stopped: Promise<void> | undefined;
  return {
    ...faults,
    port,
    stop() {
      end();
      stopped ??= shutDown(server);
      return stopped;
    },
    kill() {
      server.forceShutdown();
      end();
    },
  };
}

function bind(server: Server, { port, tls }: Pick<WireNodeOptions, 'port' | 'tls'>): Promise<number> {
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ private_key: Buffer.from(tls.key), cert_chain: Buffer.from(tls.cert) }]);
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
}

/** Lets calls finish; idle connections are told to go, and cut off if they do not. */
async function shutDown(server: Server): Promise<void> {
  const finished = new Promise<void>((resolve) => {
    server.tryShutdown(() => resolve());
  });
  await Promise.race([finished, delay(stopTimeoutMs, undefined, { ref: false })]);
  server.forceShutdown();
}

function supported(offersBatchAppend: boolean): SupportedMethods {
  const names = ['read', 'append', 'delete', 'tombstone', ...(offersBatchAppend ? ['batchappend'] : [])];
  const methods = names.map((name) =>
    new features.SupportedMethod().setServiceName('event_store.client.streams.streams').setMethodName(name),
  );
  return new features.SupportedMethods().setEventStoreServerVersion(version).setMethodsList(methods);
}
