import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { connect, isPassing } from '../../src/client/api-client.ts';
import { anIo } from './small-server.ts';

/** A server that says how often it was asked for something, and answers as it is told. */
async function aServer(status = 200) {
  const now = { status, asked: 0 };
  const server = createServer((request, response) => {
    if (request.url !== '/readyz') now.asked += 1;
    response.writeHead(now.status, { connection: 'close' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { now, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** A client on a data directory where these servers run. */
async function aClient(...urls: readonly string[]) {
  const dataDir = await mkdtemp(join(tmpdir(), 'yardmaster-client-'));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  await writeFile(join(dataDir, 'server-url'), urls.join('\n'));
  await writeFile(join(dataDir, 'admin-token'), 'a token');
  const client = await connect({}, anIo({ env: { YARDMASTER_DATA_DIR: dataDir } }).io);
  return { client, ask: () => client.request(z.object({}), 'GET', '/anything') };
}

test('of several servers the first is asked', async () => {
  const [first, second] = [await aServer(), await aServer()];
  const { client, ask } = await aClient(first.url, second.url);
  await ask();
  expect([client.serverUrl, first.now.asked, second.now.asked]).toEqual([first.url, 1, 0]);
});

test('one that is not ready is passed over', async () => {
  const [first, second] = [await aServer(503), await aServer()];
  const { client, ask } = await aClient(first.url, second.url);
  await ask();
  expect([client.serverUrl, first.now.asked]).toEqual([second.url, 0]);
});

test('after one that fails the next is asked, and then the first again', async () => {
  const [first, second] = [await aServer(), await aServer()];
  const { client, ask } = await aClient(first.url, second.url);
  first.now.status = 503;
  expect(isPassing(await ask().catch((error: unknown) => error))).toBe(true);
  await ask();
  expect([client.serverUrl, second.now.asked]).toEqual([second.url, 1]);
  [first.now.status, second.now.status] = [200, 502];
  await expect(ask()).rejects.toThrow('is not ready');
  await ask();
  expect([first.now.asked, second.now.asked]).toEqual([2, 2]);
});

test('the only server there is is asked without a look at it before', async () => {
  const { now, url } = await aServer(503);
  const { client, ask } = await aClient(url);
  await expect(ask()).rejects.toThrow('is not ready');
  expect([client.serverUrl, now.asked]).toEqual([url, 1]);
});
