import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreDBClient } from '@eventstore/db-client';
import { connectivityState, type Client as GrpcClient, status } from '@grpc/grpc-js';
import { clientFormOf } from './connection-string.ts';

export interface Connection {
  readonly client: EventStoreDBClient;
  /** Aborts when the connection is closed: the client itself never ends what it cancels. */
  readonly closed: AbortSignal;
  /**
   * Aborts when the client leaves the server that it is connected to now, for one that leads or because this one is
   * gone. What runs on the old channel may go on there unheard of, on a server that the others have left behind.
   */
  readonly left: AbortSignal;
  /** Idempotent. Cancels every call and closes the connection, so that nothing keeps the process alive. */
  close(): Promise<void>;
}

/** Cancelled calls end within a tick or two; this only bounds a fault in the client. */
const closeTimeoutMs = 2_000;
/** The client asks every host of a cluster in turn, ten times over: minutes, where hosts do not answer at all. */
const discoveryTimeoutMs = 10_000;

/** Members that the client has on every instance, but whose typings hide them. */
interface ClientInternals {
  supports: () => Promise<boolean>;
  execute: Execute;
  getGRPCClient: (Client: unknown, name: string) => Promise<GrpcClient>;
  handleError: (grpc: GrpcClient, error: unknown) => Promise<void>;
}

type Channel = ReturnType<GrpcClient['getChannel']>;
type Execute = <T>(Client: unknown, name: string, action: (client: GrpcClient) => Promise<T>) => Promise<T>;

/**
 * Opens a connection for a connection string (`esdb://127.0.0.1:2113?tls=false`). Nothing is sent before the first
 * call. Throws a plain Error, without the string (it may hold a password), when it cannot be understood.
 *
 * Some members of the client are replaced, because it can end the process with them (version 6.2.1):
 *
 * - It never uses BatchAppend. That path keeps the answers awaited by *all* streams and clients of the process in one
 *   table; a stream that breaks empties the table, and the next answer on another stream is then an uncaught TypeError.
 *   It has no deadline of its own either. A plain append is a call with a deadline, whose errors are its own.
 * - A call on a channel that was closed a moment before (the client closes it when any call finds the server gone)
 *   throws where nothing catches it. It is looked at first, and reported like any lost connection.
 * - Nobody waits for what it does about an error: where that fails in turn (no server of a cluster is found), it would
 *   be an unhandled rejection.
 * - Looking for a server of a cluster has no bound that fits, and fails with an error of no kind.
 */
export function connect(url: string): Connection {
  const client = parse(url);
  // Typings: these are public at run time, and there is no other place to step in.
  const internals = client as unknown as ClientInternals;
  internals.supports = async () => false;
  const { execute, getGRPCClient, handleError } = internals;
  internals.execute = (Client, name, action) =>
    execute(Client, name, (grpc) => {
      if (isClosed(grpc.getChannel())) throw connectionLost('The connection has just been lost.');
      return action(grpc);
    });
  let latest: Channel | undefined;
  internals.getGRPCClient = async (Client, name) => {
    const grpc = await discovered(getGRPCClient(Client, name));
    latest = grpc.getChannel();
    return grpc;
  };
  let leaving = new AbortController();
  const leftChannels = new WeakSet<Channel>();
  internals.handleError = async (grpc, error) => {
    await handleError(grpc, error).catch(() => undefined);
    const channel = grpc.getChannel();
    if (!isClosed(channel) || leftChannels.has(channel)) return;
    leftChannels.add(channel);
    leaving.abort();
    leaving = new AbortController();
  };
  const closing = new AbortController();
  let closed: Promise<void> | undefined;
  return {
    client,
    closed: closing.signal,
    get left() {
      return leaving.signal;
    },
    close() {
      closing.abort();
      closed ??= closeClient(client, latest);
      return closed;
    },
  };
}

function parse(url: string): EventStoreDBClient {
  const known = clientFormOf(url);
  try {
    return EventStoreDBClient.connectionString(known);
  } catch (error) {
    throw new Error(`The EventStoreDB connection string cannot be used: ${whatDoesNotFit(error, known)}.`);
  }
}

/** Those of the client's parser hold the whole string, password and all; the others are about files and numbers. */
function whatDoesNotFit(error: unknown, connectionString: string): string {
  if (!(error instanceof Error) || !('connectionString' in error)) {
    return error instanceof Error ? error.message : String(error);
  }
  const { location, expected } = error as Error & { readonly location?: [number, number]; readonly expected?: string };
  const options = connectionString.indexOf('?') + 1;
  const [start, end] = location ?? [0, 0];
  // What stands before the options was found to be right, and may be secret.
  if (options === 0 || start < options) return 'it cannot be understood';
  return `"${connectionString.slice(start, end)}" does not fit; expected is ${expected}`;
}

const isClosed = (channel: Channel): boolean => channel.getConnectivityState(false) === connectivityState.SHUTDOWN;

/** In the form of gRPC's own error for it. */
const connectionLost = (message: string, cause?: unknown) =>
  Object.assign(new Error(message, { cause }), { code: status.UNAVAILABLE });

/** The client for a service, once there is a channel: at once where one is, or where there is one host only. */
async function discovered(grpc: Promise<GrpcClient>): Promise<GrpcClient> {
  const tooLate = Promise.withResolvers<never>();
  const timeout = setTimeout(() => tooLate.reject(new Error('it takes too long')), discoveryTimeoutMs);
  try {
    return await Promise.race([grpc, tooLate.promise]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw connectionLost(`No server of the cluster was found: ${reason}`, error);
  } finally {
    clearTimeout(timeout);
  }
}

async function closeClient(client: EventStoreDBClient, channel: Channel | undefined): Promise<void> {
  await Promise.race([client.dispose(), delay(closeTimeoutMs, undefined, { ref: false })]);
  channel?.close();
}
