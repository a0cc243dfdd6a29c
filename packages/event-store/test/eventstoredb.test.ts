import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import {
  type EventStore,
  EventStoreUnavailable,
  InvalidAppend,
  type Position,
  StreamUnreadable,
} from '@yardmaster/application';
import { openEventStoreDb } from '@yardmaster/event-store/eventstoredb';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { aStream, eventStoreContract, idsOf, someEvents } from '@yardmaster/event-store/testing';
import { startWireServer, type WireServer } from '@yardmaster/event-store/wire-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { append } from '../src/eventstoredb/append.ts';
import { connect } from '../src/eventstoredb/connection.ts';
import { readerOf } from './fixtures/subscription-reader.ts';

/** Instances of the adapter on one server. */
function createInstances(url: () => string, streamPrefix = '') {
  const instances: EventStore[] = [];
  return {
    async open(): Promise<EventStore> {
      const store = await openEventStoreDb({ url: url(), streamPrefix });
      instances.push(store);
      return store;
    },
    stop: () => Promise.all(instances.map((store) => store.stop())),
  };
}

async function openOverTheWire(streamPrefix: string) {
  const backing = createMemoryEventStore();
  let server = await startWireServer({ store: backing });
  const { open, stop } = createInstances(() => server.url, streamPrefix);
  return {
    store: await open(),
    second: open,
    async reopen() {
      server.kill();
      server = await startWireServer({ store: backing, port: server.port });
      return open();
    },
    async close() {
      await stop();
      await server.stop();
      await backing.stop();
    },
  };
}

eventStoreContract({ name: 'EventStoreDB over the wire', open: () => openOverTheWire('') });

eventStoreContract({
  name: 'EventStoreDB over the wire, in a part of the server',
  open: () => openOverTheWire('ours-'),
});

describe('the EventStoreDB adapter', () => {
  const backing = createMemoryEventStore();
  let server: WireServer;
  let store: EventStore;
  beforeEach(async () => {
    server = await startWireServer({ store: backing });
    store = await openEventStoreDb({ url: server.url });
  });
  afterEach(async () => {
    await store.stop();
    await server.stop();
  });

  test('understands refusals also from a connection that is set not to throw them', async () => {
    const lenient = await openEventStoreDb({ url: `${server.url}&throwOnAppendFailure=false` });
    const stream = aStream();
    expect(await lenient.append(stream, 3, someEvents(1))).toMatchObject({ ok: false, actualRevision: 'no_stream' });
    const events = someEvents(2);
    const first = await lenient.append(stream, 'no_stream', events);
    expect(await lenient.append(stream, 'no_stream', events)).toEqual(first);
    expect(await lenient.append(stream, 'no_stream', someEvents(1))).toMatchObject({ ok: false, actualRevision: 1 });
    await lenient.stop();
  });

  test("waits for nobody where the streams are another program's: nothing would change that", async () => {
    const elsewhere = await startWireServer({ store: createMemoryEventStore() });
    const other = EventStoreDBClient.connectionString(elsewhere.url);
    await other.appendToStream('yardmaster-store', jsonEvent({ type: 'Opened', data: { shop: 'corner' } }));
    const refused = await openEventStoreDb({ url: elsewhere.url }).catch((error: unknown) => error);
    expect(refused).not.toBeInstanceOf(EventStoreUnavailable);
    expect(refused).toMatchObject({ message: expect.stringContaining("not Yardmaster's") });
    await other.dispose();
    await elsewhere.stop();
  });

  test('does not see what other programs and the server itself store', async () => {
    const before = await store.append(aStream(), 'no_stream', someEvents(1));
    const live = readerOf(store.subscribeToAll(before.ok ? { after: before.position } : {}));
    const other = EventStoreDBClient.connectionString(server.url);
    const stream = aStream('order');
    await other.appendToStream(stream, [
      jsonEvent({ type: 'OrderPlaced', data: { total: 3 }, metadata: { eventId: 'their-own' } }),
      jsonEvent({ type: 'OrderPaid', data: 'cash' }),
    ]);
    expect(await store.readStream(stream)).toEqual([]);
    expect(await store.lastPosition()).toBe(before.ok && before.position);
    const events = someEvents(2);
    await store.append(aStream(), 'no_stream', events);
    await live.until(2);
    expect(idsOf(live.seen)).toEqual(idsOf(events));
    await other.dispose();
  });

  test('passes on that the server takes less than every store has to', async () => {
    const stream = aStream();
    const connection = connect(server.url);
    const large = { eventId: randomUUID(), type: 'Large', data: JSON.stringify('x'.repeat(1_048_576)), metadata: '{}' };
    const appending = append(connection, { stream, expectedRevision: 'no_stream', events: [large] });
    await expect(appending).rejects.toBeInstanceOf(InvalidAppend);
    expect(await store.readStream(stream)).toEqual([]);
    await connection.close();
  });

  test('has one identity for all who open it, also at the same time', async () => {
    const instances = createInstances(() => server.url);
    const opened = await Promise.all([instances.open(), instances.open(), instances.open()]);
    expect(opened.map((one) => one.storeId)).toEqual(Array(3).fill(store.storeId));
    await instances.stop();
  });

  test('compares positions by value, and refuses those of another kind of store', () => {
    const [small, large] = ['9/9', '10/10'] as Position[] as [Position, Position];
    expect(store.comparePositions(small, large)).toBeLessThan(0);
    expect(() => store.subscribeToAll({ after: '12' as Position })).toThrow(RangeError);
  });

  test('keeps streams with different prefixes apart on one server', async () => {
    const parts = ['one-', 'other-'].map((prefix) => createInstances(() => server.url, prefix));
    const [one, other] = [await parts[0]?.open(), await parts[1]?.open()];
    if (one === undefined || other === undefined) throw new Error('Both were opened.');
    expect(other.storeId).not.toBe(one.storeId);
    const stream = aStream();
    const [ofOne, ofOther] = [someEvents(2), someEvents(3)];
    const live = readerOf(other.subscribeToAll());
    const refusal = { ok: false, stream, actualRevision: 'no_stream' };
    const position = await store.lastPosition();
    expect(await one.append(stream, 'no_stream', ofOne)).toMatchObject({ revision: 1 });
    expect(await other.lastPosition()).toBeNull();
    expect(await other.readAll({ limit: 10 })).toEqual([]);
    expect(await other.append(stream, 1, someEvents(1))).toMatchObject(refusal);
    expect(await other.append(stream, 'no_stream', ofOther)).toMatchObject({ revision: 2 });
    await live.until(3);
    expect(idsOf(live.seen)).toEqual(idsOf(ofOther));
    expect(await one.readAll({ limit: 10 })).toEqual(await one.readStream(stream));
    expect(idsOf(await one.readStream(stream))).toEqual(idsOf(ofOne));
    const all = await store.readAll({ ...(position && { after: position }), limit: 10 });
    expect(new Set(all.map((event) => event.stream))).toEqual(new Set([`one-${stream}`, `other-${stream}`]));
    await Promise.all(parts.map((part) => part.stop()));
  });

  test.each(['$sys-', 'ours', '-', 'a-b-', 'two words-', `${'x'.repeat(33)}-`])(
    'refuses the prefix "%s"',
    async (prefix) => {
      await expect(openEventStoreDb({ url: server.url, streamPrefix: prefix })).rejects.toBeInstanceOf(RangeError);
    },
  );
});

describe('the EventStoreDB adapter, where somebody deletes streams on the server', () => {
  let server: WireServer;
  let store: EventStore;
  let other: EventStoreDBClient;
  beforeEach(async () => {
    server = await startWireServer({ store: createMemoryEventStore() });
    store = await openEventStoreDb({ url: server.url });
    other = EventStoreDBClient.connectionString(server.url);
  });
  afterEach(async () => {
    await store.stop();
    await other.dispose();
    await server.stop();
  });
  const isUnreadable = (message: RegExp) =>
    expect.toSatisfy((error) => error instanceof StreamUnreadable && message.test(error.message));

  test('never takes a stream for a new one that was deleted and written to again', async () => {
    const stream = aStream();
    const events = someEvents(3);
    await store.append(stream, 'no_stream', events);
    await other.deleteStream(stream);
    expect(await store.readStream(stream)).toEqual([]);
    await expect(store.append(stream, 'no_stream', someEvents(1))).rejects.toEqual(isUnreadable(/was deleted there/));
    await expect(store.readStream(stream)).rejects.toEqual(isUnreadable(/has lost its events before 3/));
    expect(await store.readStream(stream, { fromRevision: 3 })).toHaveLength(1);
    // Until the server is scavenged, the whole has them all.
    expect(idsOf(await store.readAll({ limit: 10 })).slice(0, 3)).toEqual(idsOf(events));
  });

  test('says so when a stream was deleted for good, and goes on with the others', async () => {
    const stream = aStream();
    await store.append(stream, 'no_stream', someEvents(1));
    await other.tombstoneStream(stream);
    const deleted = isUnreadable(/was deleted on the server, for good/);
    await expect(store.readStream(stream)).rejects.toEqual(deleted);
    await expect(store.append(stream, 0, someEvents(1))).rejects.toEqual(deleted);
    await expect(readerOf(store.subscribeToStream(stream)).until(1)).rejects.toEqual(deleted);
    const [live, next] = [readerOf(store.subscribeToAll()), someEvents(1)];
    await store.append(aStream(), 'no_stream', next);
    await live.until(2);
    expect(idsOf(live.seen.slice(1))).toEqual(idsOf(next));
    expect(await store.lastPosition()).toBe(live.seen[1]?.position);
  });

  test('says so when the server was told to forget the first events of a stream', async () => {
    const stream = aStream();
    await store.append(stream, 'no_stream', someEvents(4));
    await other.setStreamMetadata(stream, { truncateBefore: 2 });
    await expect(store.readStream(stream)).rejects.toEqual(isUnreadable(/has lost its events before 2/));
    expect(await store.readStream(stream, { fromRevision: 2 })).toHaveLength(2);
  });
});
