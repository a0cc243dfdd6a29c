import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@yardmaster/application';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectNats, createNatsKey, createOrchestratorMessaging, natsAuthorization } from '../src/index.ts';
import { startNatsServer } from '../testing/index.ts';
import { becomes, jobId, pool } from './messaging-fixture.ts';

let dataDir: string;
const endings: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'yardmaster-nats-'));
});
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
  await rm(dataDir, { recursive: true, force: true });
});

/** A port on which nothing listens at this moment. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

function open(port: number, seed: string | null = null) {
  const connection = connectNats({ url: `nats://127.0.0.1:${port}`, seed, name: 'test', log: silentLog });
  endings.push(connection.stop);
  return connection;
}

describe('the connection', () => {
  it('waits for a server that comes up later, and so does the messaging on it', async () => {
    const port = await freePort();
    const connection = open(port);
    const messaging = createOrchestratorMessaging({ connection, log: silentLog, pools: [pool] });
    endings.push(messaging.stop);
    expect([connection.connected, connection.client, messaging.connected]).toEqual([false, null, false]);
    const server = await startNatsServer({ dataDir, port });
    endings.push(server.stop);
    await becomes(messaging, true);
    await messaging.publishWork(pool, { jobId: jobId('a'), attempt: 1 });
    expect(await messaging.listWork(pool)).toEqual(['a']);
  });

  it('tells every change, and the present state at once', async () => {
    const server = await startNatsServer({ dataDir });
    endings.push(server.stop);
    const connection = open(Number(new URL(server.url).port));
    const changes: boolean[] = [];
    connection.onConnectionChange((connected) => changes.push(connected));
    await becomes(connection, true);
    await server.kill();
    await becomes(connection, false);
    await server.restart();
    await becomes(connection, true);
    await connection.stop();
    expect(changes).toEqual([false, true, false, true, false]);
  });

  it('stops while it waits for a server', async () => {
    const connection = open(await freePort());
    const waiting = connection.whenConnected();
    await connection.stop();
    expect(await waiting).toBeNull();
    expect(await connection.whenConnected()).toBeNull();
    expect(connection.connected).toBe(false);
  });

  it('gets in once the server knows its key', async () => {
    const key = createNatsKey();
    const stranger = natsAuthorization({ serverPublicKey: createNatsKey().publicKey, workers: [] });
    const server = await startNatsServer({ dataDir, authorization: stranger });
    endings.push(server.stop);
    const port = Number(new URL(server.url).port);
    const connection = open(port, key.seed);
    await server.stop();
    const known = natsAuthorization({ serverPublicKey: key.publicKey, workers: [] });
    const second = await startNatsServer({ dataDir, port, authorization: known });
    endings.push(second.stop);
    await becomes(connection, true);
  });
});
