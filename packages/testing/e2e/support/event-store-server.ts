import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { startWireServerProcess, type WireServerProcess } from '@yardmaster/event-store/wire-server';

/** A server of the event store, a process of its own that the product is told the address of. */
export interface EventStoreServer {
  /** The connection string; the same over restarts. */
  readonly url: string;
  /** `host:port`, as messages name it. */
  readonly address: string;
  /** Resolves when it listens, on what it had stored before. */
  start(): Promise<void>;
  /** SIGKILL; resolves when it is dead. */
  kill(): Promise<void>;
  /** SIGTERM; idempotent. */
  stop(): Promise<void>;
}

/** A server that keeps its events in the folder and is yet to be started. Its port is free now and stays its own. */
export async function createEventStoreServer(folder: string): Promise<EventStoreServer> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  let running: WireServerProcess | null = null;

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await running?.end(signal);
    running = null;
  }

  return {
    url: `esdb://${address}?tls=false`,
    address,
    async start() {
      running = await startWireServerProcess(join(folder, 'wire-server.sqlite'), port);
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}

/**
 * Below the ports that the system gives to outgoing connections (from 32768 on Linux): while the server is away its port
 * is taken by nobody, not even by a client whose attempts to connect would in the end meet themselves.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const probe = createServer().listen(port, '127.0.0.1');
    const isFree = await once(probe, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}
