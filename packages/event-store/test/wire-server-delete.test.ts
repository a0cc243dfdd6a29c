import {
  type AppendExpectedRevision,
  BACKWARDS,
  END,
  EventStoreDBClient,
  jsonEvent,
  NO_STREAM,
  START,
  STREAM_EXISTS,
} from '@eventstore/db-client';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { aStream } from '@yardmaster/event-store/testing';
import { startWireServer, type WireServer } from '@yardmaster/event-store/wire-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

describe.each([
  { way: 'in a call for each', offersBatchAppend: false },
  { way: 'in batches', offersBatchAppend: true },
])('the wire server deletes like EventStoreDB, with appends $way', ({ offersBatchAppend }) => {
  const store = createMemoryEventStore();
  let server: WireServer;
  let client: EventStoreDBClient;
  const start = async (port?: number) => {
    server = await startWireServer({ store, offersBatchAppend, ...(port !== undefined && { port }) });
    client = EventStoreDBClient.connectionString(server.url);
  };
  const stop = async () => {
    await client.dispose();
    await server.stop();
  };
  beforeEach(() => start());
  afterEach(stop);

  const append = (stream: string, expectedRevision: AppendExpectedRevision, count = 1) => {
    const events = Array.from({ length: count }, () => jsonEvent({ type: 'Tested', data: { a: 1 } }));
    return client.appendToStream(stream, events, { expectedRevision });
  };
  const revisionsIn = async (stream: string, options = {}) =>
    (await client.readStream(stream, options).toArray()).map(({ event }) => Number(event?.revision));
  const notFound = { type: 'stream-not-found' };

  test('a deleted stream is not found; NO_STREAM then continues its numbering, after a restart too', async () => {
    const stream = aStream();
    await append(stream, NO_STREAM, 3);
    const { position } = await client.deleteStream(stream);
    expect(position?.commit).toBeGreaterThan(0n);
    await expect(revisionsIn(stream)).rejects.toMatchObject(notFound);
    await stop();
    await start();
    await expect(revisionsIn(stream)).rejects.toMatchObject(notFound);
    await expect(append(stream, STREAM_EXISTS)).rejects.toMatchObject({ type: 'stream-deleted' });
    expect(await append(stream, NO_STREAM, 2)).toMatchObject({ nextExpectedRevision: 4n });
    expect(await revisionsIn(stream)).toEqual([3, 4]);
    await stop();
    await start();
    expect(await revisionsIn(stream)).toEqual([3, 4]);
    expect(await revisionsIn(stream, { direction: BACKWARDS, fromRevision: END })).toEqual([4, 3]);
    expect(await revisionsIn(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 1 })).toEqual([4]);
    await expect(append(stream, NO_STREAM)).rejects.toMatchObject({ actualVersion: 4n });
  });

  test('a deleted stream can be continued at its last revision, and deleted again', async () => {
    const stream = aStream();
    await append(stream, NO_STREAM, 2);
    await client.deleteStream(stream, { expectedRevision: 1n });
    expect(await append(stream, 1n)).toMatchObject({ nextExpectedRevision: 2n });
    await client.deleteStream(stream);
    await expect(revisionsIn(stream)).rejects.toMatchObject(notFound);
    expect(await append(stream, NO_STREAM)).toMatchObject({ nextExpectedRevision: 3n });
    expect(await revisionsIn(stream)).toEqual([3]);
  });

  test('deleting at a wrong revision is refused, and deletes nothing', async () => {
    const stream = aStream();
    await append(stream, NO_STREAM, 2);
    const refusal = { type: 'wrong-expected-version', streamName: stream, expectedVersion: 0n, actualVersion: 1n };
    await expect(client.deleteStream(stream, { expectedRevision: 0n })).rejects.toMatchObject(refusal);
    await expect(client.tombstoneStream(stream, { expectedRevision: 0n })).rejects.toMatchObject(refusal);
    expect(await revisionsIn(stream)).toEqual([0, 1]);
  });

  test('nothing is ever done again with a tombstoned stream, after a restart neither', async () => {
    const [stream, absent] = [aStream(), aStream()];
    await append(stream, NO_STREAM, 2);
    await client.tombstoneStream(stream);
    await client.tombstoneStream(absent, { expectedRevision: NO_STREAM });
    for (const restart of [false, true]) {
      if (restart) {
        await stop();
        await start();
      }
      for (const one of [stream, absent]) {
        const deleted = { type: 'stream-deleted', streamName: one };
        await expect(revisionsIn(one)).rejects.toMatchObject(deleted);
        await expect(append(one, NO_STREAM)).rejects.toMatchObject(deleted);
        await expect(append(one, 1n)).rejects.toMatchObject(deleted);
        await expect(client.deleteStream(one)).rejects.toMatchObject(deleted);
        await expect(client.tombstoneStream(one)).rejects.toMatchObject(deleted);
      }
    }
  });

  test('$all still shows what was deleted, and what says so', async () => {
    const [deleted, tombstoned] = [aStream('order'), aStream('order')];
    await append(deleted, NO_STREAM);
    await append(tombstoned, NO_STREAM);
    await client.deleteStream(deleted);
    await client.tombstoneStream(tombstoned);
    const all = (await client.readAll().toArray()).map(({ event }) => ({
      stream: event?.streamId,
      type: event?.type,
      revision: event?.revision,
    }));
    for (const stream of [deleted, tombstoned]) expect(all).toContainEqual({ stream, type: 'Tested', revision: 0n });
    expect(all).toContainEqual({ stream: `$$${deleted}`, type: '$metadata', revision: 0n });
    expect(all).toContainEqual({ stream: tombstoned, type: '$streamDeleted', revision: 9_223_372_036_854_775_807n });
  });

  test('metadata that a client sets cuts a stream off at its beginning, and outlives its deletion', async () => {
    const stream = aStream();
    await append(stream, NO_STREAM, 5);
    await client.setStreamMetadata(stream, { truncateBefore: 3, owner: 'somebody' });
    expect(await revisionsIn(stream)).toEqual([3, 4]);
    expect(await revisionsIn(stream, { fromRevision: 4n })).toEqual([4]);
    await client.setStreamMetadata(stream, { truncateBefore: 9, owner: 'somebody' });
    expect(await revisionsIn(stream)).toEqual([]);
    await client.deleteStream(stream);
    await append(stream, NO_STREAM);
    const { metadata } = await client.getStreamMetadata(stream);
    expect(metadata).toEqual({ truncateBefore: 5, owner: 'somebody' });
  });

  test('a subscription to a deleted stream delivers what is written to it from then on', async () => {
    const stream = aStream();
    await append(stream, NO_STREAM, 2);
    await client.deleteStream(stream);
    const live = client.subscribeToStream(stream, { fromRevision: START });
    const next = live[Symbol.asyncIterator]().next();
    await append(stream, NO_STREAM);
    expect((await next).value.event?.revision).toBe(2n);
    await live.unsubscribe();
  });
});
