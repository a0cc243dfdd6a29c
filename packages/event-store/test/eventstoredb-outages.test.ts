import { once } from 'node:events';
import { createServer } from 'node:net';
import { jsonEvent } from '@eventstore/db-client';
import { type EventStore, EventStoreUnavailable } from '@yardmaster/application';
import { openEventStoreDb } from '@yardmaster/event-store/eventstoredb';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { aStream, idsOf, someEvents } from '@yardmaster/event-store/testing';
import { startWireServer, type WireServer } from '@yardmaster/event-store/wire-server';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { backoffMs } from '../src/eventstoredb/backoff.ts';
import { connect as openConnection } from '../src/eventstoredb/connection.ts';
import { readStreamPages } from '../src/eventstoredb/read.ts';
import { startCuttableConnection } from './fixtures/cuttable-connection.ts';
import { readerOf } from './fixtures/subscription-reader.ts';

describe('the EventStoreDB adapter while its server comes and goes', () => {
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

  test('loses and doubles nothing when the server crashes under many appends', { timeout: 60_000 }, async () => {
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

  test('keeps every promise over a connection that is cut again and again', { timeout: 60_000 }, async () => {
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

  test('ends a read that nothing has come of when it stops, and does not take it for a whole one', async () => {
    const connection = openConnection(server.url);
    const letGo = server.holdCalls();
    const pages = readStreamPages(connection, { stream: aStream(), fromRevision: 0, limit: 1 });
    const reading = pages.next().catch((error: unknown) => error);
    // Hidden by the typings. The answer, to a question that is never held, shows that the read before it has arrived.
    await (connection.client as unknown as { readonly capabilities: Promise<unknown> }).capabilities;
    await connection.close();
    expect(await reading).toBeInstanceOf(EventStoreUnavailable);
    letGo();
  });

  test('gives up a read that a server does not answer over a connection that holds', async () => {
    const letGo = server.holdCalls();
    onTestFinished(() => void vi.useRealTimers());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const reading = store.lastPosition().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await reading).toMatchObject({
      name: 'EventStoreUnavailable',
      message: expect.stringContaining('no answer within 15 s'),
    });
    letGo();
  });

  test('cannot be opened where there is no server', async () => {
    server.kill();
    await expect(openEventStoreDb({ url: server.url })).rejects.toBeInstanceOf(EventStoreUnavailable);
  });

  test('notices a connection that has died without a word', async () => {
    const way = await startCuttableConnection(server.port);
    const warning = vi.spyOn(console, 'warn').mockReturnValue();
    const remote = await openEventStoreDb({ url: `${way.url}&keepAliveInterval=1000&keepAliveTimeout=1000` });
    warning.mockRestore();
    const [stream, events] = [aStream(), someEvents(2)];
    const live = readerOf(remote.subscribeToStream(stream));
    await remote.append(stream, 'no_stream', events.slice(0, 1));
    await live.until(1);
    way.freeze();
    expect(await remote.append(stream, 0, events.slice(1))).toMatchObject({ ok: true, revision: 1 });
    await live.until(2);
    expect(idsOf(live.seen)).toEqual(idsOf(events));
    await remote.stop();
    await way.stop();
  });

  test('asks less and less often for a server that stays away', async () => {
    const live = readerOf(store.subscribeToStream(aStream()));
    server.kill();
    const reached = Promise.withResolvers<void>();
    const attemptsAt: number[] = [];
    const dead = createServer((socket) => {
      socket.destroy();
      if (attemptsAt.push(performance.now()) === 8) reached.resolve();
    });
    await once(dead.listen(server.port, '127.0.0.1'), 'listening');
    const reading = live.until(1).catch((error: unknown) => error);
    await reached.promise;
    // One call may connect twice. Between them are pauses of 50, 100, 200 ms and so on, of each at least the half.
    const [first = 0, last = 0] = [attemptsAt[0], attemptsAt.at(-1)];
    expect(last - first).toBeGreaterThan((50 + 100 + 200) / 2);
    await store.stop();
    await reading;
    await once(dead.close(), 'close');
  });
});

test('pauses between attempts are bounded, and differ', () => {
  const backoff = { firstMs: 50, maxMs: 5_000 };
  for (const failures of [1, 2, 8, 100, 100_000]) {
    const wholeMs = Math.min(50 * 2 ** (failures - 1), 5_000);
    const pauses = Array.from({ length: 50 }, () => backoffMs(backoff, failures));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(wholeMs / 2);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(wholeMs);
    expect(new Set(pauses).size).toBeGreaterThan(1);
  }
});
