import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import {
  type EventBatch,
  type EventStore,
  EventStoreUnavailable,
  InvalidAppend,
  type Position,
  type RecordedEvent,
} from '@yardmaster/application';
import { openEventStoreDb } from '@yardmaster/event-store/eventstoredb';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import {
  anEvent,
  aStream,
  eventStoreContract,
  idsOf,
  type OpenedEventStore,
  someEvents,
} from '@yardmaster/event-store/testing';
import { startWireServer, type WireServer } from '@yardmaster/event-store/wire-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connect as openConnection } from '../src/eventstoredb/connection.ts';

/** Instances of the adapter on one server. */
function createInstances(url: () => string) {
  const instances: EventStore[] = [];
  return {
    async open(): Promise<EventStore> {
      const store = await openEventStoreDb({ url: url() });
      instances.push(store);
      return store;
    },
    stop: () => Promise.all(instances.map((store) => store.stop())),
  };
}

async function openOverTheWire(): Promise<OpenedEventStore> {
  const backing = createMemoryEventStore();
  let server = await startWireServer({ store: backing });
  const { open, stop } = createInstances(() => server.url);
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

eventStoreContract({ name: 'EventStoreDB over the wire', open: openOverTheWire });

/** Reads a subscription on until it has seen so many events. */
function readerOf(subscription: AsyncIterable<EventBatch>) {
  const seen: RecordedEvent[] = [];
  const batches = subscription[Symbol.asyncIterator]();
  return {
    seen,
    async until(count: number): Promise<void> {
      while (seen.length < count) {
        const { value, done } = await batches.next();
        if (done === true) throw new Error(`The subscription ended after ${seen.length} events.`);
        seen.push(...value);
      }
    },
  };
}

/** A way to the server that can be broken off like a pulled cable, in the middle of anything. */
async function startCuttableConnection(port: number) {
  const open = new Set<Socket>();
  const relay = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await once(relay.listen(0, '127.0.0.1'), 'listening');
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  const { port: ownPort } = relay.address() as AddressInfo;
  return {
    url: `esdb://127.0.0.1:${ownPort}?tls=false`,
    cut,
    async stop() {
      relay.close();
      cut();
      await once(relay, 'close');
    },
  };
}

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
  const restart = async () => {
    server = await startWireServer({ store: backing, port: server.port });
  };

  const ways = [
    { how: 'crashes', end: async () => server.kill() },
    { how: 'is shut down', end: () => server.stop() },
  ];
  test.each(ways)('goes on without gap or duplicate when the server $how and comes back', async ({ end }) => {
    const after = await store.lastPosition();
    const all = readerOf(store.subscribeToAll(after === null ? {} : { after }));
    const stream = aStream();
    const one = readerOf(store.subscribeToStream(stream));
    const events = someEvents(120);
    await store.append(stream, 'no_stream', events.slice(0, 40));
    await Promise.all([all.until(10), one.until(40)]);
    await end();
    await restart();
    await store.append(stream, 39, events.slice(40, 80));
    await Promise.all([all.until(80), one.until(60)]);
    await end();
    await restart();
    await store.append(stream, 79, events.slice(80));
    await Promise.all([all.until(120), one.until(120)]);
    expect(idsOf(all.seen)).toEqual(idsOf(events));
    expect(idsOf(one.seen)).toEqual(idsOf(events));
  });

  test('subscribes while the server is down, and delivers once it is there', async () => {
    const stream = aStream();
    server.kill();
    const live = readerOf(store.subscribeToStream(stream));
    const arriving = live.until(2);
    await restart();
    const events = someEvents(2);
    await store.append(stream, 'no_stream', events);
    await arriving;
    expect(idsOf(live.seen)).toEqual(idsOf(events));
  });

  test('throws while the server is down, and doubles nothing after it is back', async () => {
    const stream = aStream();
    const events = someEvents(3);
    server.kill();
    await expect(store.append(stream, 'no_stream', events)).rejects.toBeInstanceOf(EventStoreUnavailable);
    await expect(store.readStream(stream)).rejects.toBeInstanceOf(EventStoreUnavailable);
    await expect(store.lastPosition()).rejects.toBeInstanceOf(EventStoreUnavailable);
    await restart();
    const first = await store.append(stream, 'no_stream', events);
    expect(await store.append(stream, 'no_stream', events)).toEqual(first);
    expect(idsOf(await store.readStream(stream))).toEqual(idsOf(events));
  });

  test.each([
    { server: 'knows', knowsRepetitions: true },
    { server: 'does not know', knowsRepetitions: false },
  ])('writes an append once whose answer was lost, where the server $server repetitions', async (options) => {
    await server.stop();
    server = await startWireServer({ store: backing, port: server.port, ...options });
    const stream = aStream();
    const [first, second] = [someEvents(1), someEvents(2)];
    server.loseNextAnswer();
    expect(await store.append(stream, 'no_stream', first)).toMatchObject({ ok: true, revision: 0 });
    server.loseNextAnswer();
    expect(await store.append(stream, 0, second)).toMatchObject({ ok: true, revision: 2 });
    expect(await store.append(stream, 'no_stream', first)).toMatchObject({ ok: true, revision: 0 });
    expect(await store.append(stream, 0, someEvents(1))).toMatchObject({ ok: false, actualRevision: 2 });
    expect(idsOf(await store.readStream(stream))).toEqual(idsOf([...first, ...second]));
  });

  test('loses and doubles nothing when the server crashes under many appends', async () => {
    const appends = Array.from({ length: 200 }, () => ({ stream: aStream(), events: someEvents(2) }));
    const send = ({ stream, events }: (typeof appends)[number]) => store.append(stream, 'no_stream', events);
    const outcomes = Promise.allSettled(appends.map(send));
    // The first answer shows that the appends are under way.
    await store.append(aStream(), 'no_stream', someEvents(1)).catch(() => undefined);
    server.kill();
    await restart();
    for (const [index, outcome] of (await outcomes).entries()) {
      const stored = await store.readStream(appends[index]?.stream ?? '');
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(EventStoreUnavailable);
      else expect(stored.at(-1)?.position).toBe(outcome.value.ok && outcome.value.position);
    }
    expect((await Promise.all(appends.map(send))).every((result) => result.ok && result.revision === 1)).toBe(true);
    for (const { stream, events } of appends) expect(idsOf(await store.readStream(stream))).toEqual(idsOf(events));
  });

  test('keeps every promise over a connection that is cut again and again', async () => {
    const cuttable = await startCuttableConnection(server.port);
    const cutOff = await openEventStoreDb({ url: cuttable.url });
    const after = await store.lastPosition();
    const live = readerOf(cutOff.subscribeToAll(after === null ? {} : { after }));
    const watching = live.until(600);
    let appends = 0;
    const write = async (stream: string) => {
      const written: string[] = [];
      for (let revision = -1; revision < 29; revision++) {
        const events = someEvents(1);
        const expected = revision === -1 ? 'no_stream' : revision;
        // A cut may meet both attempts of one append; sending the same again is always safe.
        const result = await cutOff
          .append(stream, expected, events)
          .catch(() => cutOff.append(stream, expected, events));
        expect(result).toMatchObject({ ok: true, revision: revision + 1 });
        written.push(...idsOf(events));
        appends += 1;
        if (appends % 60 === 0) cuttable.cut();
      }
      expect(idsOf(await store.readStream(stream))).toEqual(written);
    };
    await Promise.all(Array.from({ length: 20 }, () => write(aStream())));
    await watching;
    expect(idsOf(live.seen)).toEqual(idsOf(await store.readAll({ ...(after && { after }), limit: 1_000 })));
    await cutOff.stop();
    await cuttable.stop();
  });

  test('reports an append as lost that starts just before the client gives up its connection', async () => {
    const { client, close } = openConnection(server.url);
    await client.readAll({ maxCount: 1 }).toArray();
    // The client does this to itself, a few microtasks after any of its calls has found the server gone.
    const channel = await (client as unknown as { getChannel(): Promise<{ close(): void }> }).getChannel();
    const appending = client.appendToStream(aStream(), jsonEvent({ type: 'Tested', data: {} }));
    channel.close();
    await expect(appending).rejects.toMatchObject({ code: 14 });
    await close();
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

  test('refuses an append that is larger than the server accepts', async () => {
    const stream = aStream();
    const events = Array.from({ length: 3 }, () => anEvent({ data: 'x'.repeat(500_000) }));
    await expect(store.append(stream, 'no_stream', events)).rejects.toBeInstanceOf(InvalidAppend);
    expect(await store.readStream(stream)).toEqual([]);
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

  test('ends a read under way when it stops', { timeout: 5_000 }, async () => {
    const stream = aStream();
    for (let revision = -1; revision < 1_999; revision += 500) {
      await store.append(stream, revision === -1 ? 'no_stream' : revision, someEvents(500));
    }
    const reading = store.readStream(stream).then(
      () => 'read',
      (error: unknown) => error,
    );
    await store.stop();
    expect(await reading).toBeInstanceOf(EventStoreUnavailable);
  });

  test('cannot be opened where there is no server', async () => {
    server.kill();
    await expect(openEventStoreDb({ url: server.url })).rejects.toBeInstanceOf(EventStoreUnavailable);
  });

  test('does not repeat the password of a connection string that it refuses', async () => {
    const opening = openEventStoreDb({ url: 'http://admin:changeit@127.0.0.1:2113' });
    await expect(opening).rejects.toThrow(/^(?!.*changeit)/s);
  });
});
