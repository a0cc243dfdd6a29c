import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreDBClient } from '@eventstore/db-client';
import { type Channel, connectivityState, type Client as GrpcClient, status } from '@grpc/grpc-js';

export interface Connection {
  readonly client: EventStoreDBClient;
  /** Aborts when the connection is closed: the client itself never ends what it cancels. */
  readonly closed: AbortSignal;
  /** Idempotent. Cancels every call and closes the connection, so that nothing keeps the process alive. */
  close(): Promise<void>;
}

/** Cancelled calls end within a tick or two; this only bounds a fault in the client. */
const closeTimeoutMs = 2_000;

/** Members that the client has on every instance, but whose typings hide them. */
interface ClientInternals {
  supports: () => Promise<boolean>;
  execute: Execute;
  readonly getChannel: () => Promise<Channel>;
}

type Execute = <T>(Client: unknown, name: string, action: (client: GrpcClient) => Promise<T>) => Promise<T>;

/**
 * Opens a connection for a connection string (`esdb://127.0.0.1:2113?tls=false`). Nothing is sent before the first
 * call. Throws a plain Error, without the string (it may hold a password), when it cannot be understood.
 *
 * Two members of the client are replaced, because it can end the process with them (version 6.2.1):
 *
 * - It never uses BatchAppend. That path keeps the answers awaited by *all* streams and clients of the process in one
 *   table; a stream that breaks empties the table, and the next answer on another stream is then an uncaught TypeError.
 *   It has no deadline of its own either. A plain append is a call with a deadline, whose errors are its own.
 * - A call on a channel that was closed a moment before (the client closes it when any call finds the server gone)
 *   throws where nothing catches it. It is looked at first, and reported like any lost connection.
 */
export function connect(url: string): Connection {
  const client = parse(url);
  // Typings: these are public at run time, and there is no other place to step in.
  const internals = client as unknown as ClientInternals;
  internals.supports = async () => false;
  const execute = internals.execute;
  internals.execute = (Client, name, action) =>
    execute(Client, name, (grpc) => {
      if (grpc.getChannel().getConnectivityState(false) === connectivityState.SHUTDOWN) throw closedChannel();
      return action(grpc);
    });
  const closing = new AbortController();
  let closed: Promise<void> | undefined;
  return {
    client,
    closed: closing.signal,
    close() {
      closing.abort();
      closed ??= closeClient(client, internals);
      return closed;
    },
  };
}

function parse(url: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(url);
  } catch {
    throw new Error('The EventStoreDB connection string cannot be understood; "esdb://host:2113?tls=false" is one.');
  }
}

const closedChannel = () =>
  Object.assign(new Error('The connection has just been lost.'), { code: status.UNAVAILABLE });

async function closeClient(client: EventStoreDBClient, internals: ClientInternals): Promise<void> {
  await Promise.race([client.dispose(), delay(closeTimeoutMs, undefined, { ref: false })]);
  (await internals.getChannel()).close();
}
