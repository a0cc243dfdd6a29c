import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { isServerLocation, openEventStore } from '@yardmaster/event-store/open';
import { aStream, idsOf, someEvents } from '@yardmaster/event-store/testing';
import { startWireServer } from '@yardmaster/event-store/wire-server';
import { expect, test } from 'vitest';

test.each([
  ['esdb://127.0.0.1:2113?tls=false', true],
  ['esdb+discover://admin:changeit@cluster.example', true],
  ['ESDB://a:2113,b:2113', true],
  ['kurrentdb://127.0.0.1', true],
  ['events.sqlite', false],
  ['/var/lib/esdb/events.sqlite', false],
  ['./esdb:/events.sqlite', false],
])('%s is the location of a server: %s', (location, isServer) => {
  expect(isServerLocation(location)).toBe(isServer);
});

test('makes nothing where a store must exist and there is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'event-store-'));
  const backing = createMemoryEventStore();
  const server = await startWireServer({ store: backing });
  await writeFile(join(folder, 'empty.sqlite'), '');
  for (const location of [join(folder, 'events.sqlite'), join(folder, 'empty.sqlite'), server.url]) {
    await expect(openEventStore(location, { mustExist: true })).rejects.toThrow('There is no event store');
  }
  expect(await readdir(folder)).toEqual(['empty.sqlite']);
  expect(await backing.lastPosition()).toBeNull();
  await (await openEventStore(server.url)).stop();
  await (await openEventStore(server.url, { mustExist: true })).stop();
  await server.stop();
  await rm(folder, { recursive: true });
});

test('opens a file or a server, as its location says', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'event-store-'));
  const server = await startWireServer({ store: createMemoryEventStore() });
  for (const location of [join(folder, 'events.sqlite'), server.url, server.url.replace('esdb:', 'kurrentdb:')]) {
    const store = await openEventStore(location);
    const [stream, events] = [aStream(), someEvents(2)];
    await store.append(stream, 'no_stream', events);
    await store.stop();
    const again = await openEventStore(location);
    expect(idsOf(await again.readStream(stream))).toEqual(idsOf(events));
    await again.stop();
  }
  await server.stop();
  await rm(folder, { recursive: true });
});
