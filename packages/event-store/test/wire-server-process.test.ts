import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { openEventStoreDb } from '@yardmaster/event-store/eventstoredb';
import { aStream, someEvents } from '@yardmaster/event-store/testing';
import { startWireServerProcess, type WireServerProcess } from '@yardmaster/event-store/wire-server';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
let file: string;
let server: WireServerProcess;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wire-server-'));
  file = join(folder, 'events.db');
  server = await startWireServerProcess(file);
});
afterEach(async () => {
  await server.end('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Everything of the log that a client of its own can see, in order. */
async function wholeLog(url: string) {
  const client = EventStoreDBClient.connectionString(url);
  const log = [];
  for await (const { event } of client.readAll()) {
    log.push({ stream: event?.streamId, revision: event?.revision, id: event?.id, position: event?.position });
  }
  await client.dispose();
  return log;
}

/** Appends from many callers at once, of our own events and of others', and returns what was acknowledged. */
async function appendConcurrently(url: string): Promise<void> {
  const store = await openEventStoreDb({ url });
  const client = EventStoreDBClient.connectionString(url);
  await Promise.all(
    Array.from({ length: 40 }, async (_, index) => {
      const stream = aStream();
      await store.append(stream, 'no_stream', someEvents(1 + (index % 3)));
      const theirs = jsonEvent({ type: 'OrderPlaced', data: { text: 'ö'.repeat(index) } });
      await client.appendToStream(`order-${stream}`, theirs, { expectedRevision: NO_STREAM });
    }),
  );
  await store.stop();
  await client.dispose();
}

test('continues the same log after a kill, position by position', { timeout: 120_000 }, async () => {
  await appendConcurrently(server.url);
  const before = await wholeLog(server.url);
  expect(before.filter(({ stream }) => stream?.startsWith('order-'))).toHaveLength(40);
  await server.end('SIGKILL');
  server = await startWireServerProcess(file, server.port);
  const url = server.url;
  expect(await wholeLog(url)).toEqual(before);
  await appendConcurrently(url);
  const after = await wholeLog(url);
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.filter(({ stream }) => stream?.startsWith('order-'))).toHaveLength(80);
});

test('what was deleted stays deleted after a kill', { timeout: 120_000 }, async () => {
  const connect = () => EventStoreDBClient.connectionString(server.url);
  const event = () => jsonEvent({ type: 'OrderPlaced', data: { total: 3 } });
  const client = connect();
  for (const stream of ['order-1', 'order-2']) await client.appendToStream(stream, [event(), event()]);
  await client.deleteStream('order-1');
  await client.tombstoneStream('order-2');
  await client.dispose();
  await server.end('SIGKILL');
  server = await startWireServerProcess(file);
  const again = connect();
  await expect(again.readStream('order-1').toArray()).rejects.toMatchObject({ type: 'stream-not-found' });
  await expect(again.readStream('order-2').toArray()).rejects.toMatchObject({ type: 'stream-deleted' });
  const continued = await again.appendToStream('order-1', event(), { expectedRevision: NO_STREAM });
  expect(continued).toMatchObject({ nextExpectedRevision: 2n });
  await again.dispose();
});

test('ends by itself when it is asked to, also under subscriptions', { timeout: 120_000 }, async () => {
  const store = await openEventStoreDb({ url: server.url });
  const leaving = new AbortController();
  const live = store.subscribeToAll({ signal: leaving.signal })[Symbol.asyncIterator]();
  const first = live.next();
  await store.append(aStream(), 'no_stream', someEvents(1));
  await first;
  expect(await server.end('SIGTERM')).toBe(0);
  leaving.abort();
  await store.stop();
});
