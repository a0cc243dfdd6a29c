import { randomUUID } from 'node:crypto';
import { ANY, type EventData, EventStoreDBClient, jsonEvent, NO_STREAM, STREAM_EXISTS } from '@eventstore/db-client';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { aStream } from '@yardmaster/event-store/testing';
import { startWireServer, type WireServer } from '@yardmaster/event-store/wire-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** What was measured on EventStoreDB 22.10.5, through the same client: it appends in one of two ways. */
describe.each([
  { way: 'in a call for each', offersBatchAppend: false },
  { way: 'in batches', offersBatchAppend: true },
])('the wire server takes appends like EventStoreDB, $way', ({ offersBatchAppend }) => {
  let server: WireServer;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    server = await startWireServer({ store: createMemoryEventStore(), offersBatchAppend });
    client = EventStoreDBClient.connectionString(server.url);
  });
  afterAll(async () => {
    await client.dispose();
    await server.stop();
  });

  const events = (count: number) => Array.from({ length: count }, () => jsonEvent({ type: 'Tested', data: { a: 1 } }));
  const append = (stream: string, expectedRevision: typeof ANY | typeof NO_STREAM | bigint, what: EventData[]) =>
    client.appendToStream(stream, what, { expectedRevision });
  const idsIn = async (stream: string) =>
    (await client.readStream(stream).toArray()).map((resolved: { event?: { id: string } }) => resolved.event?.id);
  const wrongVersion = (actualVersion: bigint | 'no_stream') => ({ type: 'wrong-expected-version', actualVersion });

  test('a repetition under NO_STREAM or ANY gives the first result; so does a beginning of it', async () => {
    const stream = aStream();
    const batch = events(3);
    const first = await append(stream, NO_STREAM, batch);
    expect(await append(stream, NO_STREAM, batch)).toEqual(first);
    expect(await append(stream, ANY, batch)).toEqual(first);
    expect(await append(stream, NO_STREAM, batch.slice(0, 2))).toMatchObject({ nextExpectedRevision: 1n });
    expect(await idsIn(stream)).toEqual(batch.map((event) => event.id));
  });

  test('a beginning of an earlier append with a new event after it is a wrong version', async () => {
    const stream = aStream();
    const batch = events(2);
    await append(stream, NO_STREAM, batch);
    const old = batch.slice(0, 1);
    await expect(append(stream, NO_STREAM, [...old, ...events(1)])).rejects.toMatchObject(wrongVersion(1n));
    await expect(append(stream, ANY, [...batch, ...events(1)])).rejects.toMatchObject(wrongVersion(1n));
  });

  test('an id with other data is a success under ANY, and changes nothing', async () => {
    const stream = aStream();
    const id = randomUUID();
    await append(stream, ANY, [jsonEvent({ id, type: 'Tested', data: { a: 1 } })]);
    await append(stream, ANY, [jsonEvent({ id, type: 'Tested', data: { a: 2 } })]);
    expect(await idsIn(stream)).toEqual([id]);
  });

  test('an id is written twice when it comes again at the revision that the stream has', async () => {
    const stream = aStream();
    const batch = events(1);
    await append(stream, NO_STREAM, batch);
    await append(stream, 0n, batch);
    expect(await idsIn(stream)).toEqual([batch[0]?.id, batch[0]?.id]);
  });

  test('a stream that is not there is a wrong version for STREAM_EXISTS, and not found for a read', async () => {
    const stream = aStream();
    const appending = client.appendToStream(stream, events(1), { expectedRevision: STREAM_EXISTS });
    await expect(appending).rejects.toMatchObject(wrongVersion('no_stream'));
    await expect(append(stream, 4n, events(1))).rejects.toMatchObject(wrongVersion('no_stream'));
    await expect(idsIn(stream)).rejects.toMatchObject({ type: 'stream-not-found', streamName: stream });
  });

  test('the error of a wrong version says which, and is told by its type: every name is "Error"', async () => {
    const stream = aStream();
    const absent = append(stream, 7n, events(1));
    const fields = { type: 'wrong-expected-version', streamName: stream, name: 'Error' };
    await expect(absent).rejects.toMatchObject({ ...fields, expectedVersion: 7n, actualVersion: 'no_stream' });
    await append(stream, NO_STREAM, events(3));
    const present = append(stream, NO_STREAM, events(1));
    await expect(present).rejects.toMatchObject({ ...fields, expectedVersion: 'no_stream', actualVersion: 2n });
    const behind = append(stream, 0n, events(1));
    await expect(behind).rejects.toMatchObject({ ...fields, expectedVersion: 0n, actualVersion: 2n });
  });

  test('whether a wrong version throws is a setting of the connection, and not of the call', async () => {
    const stream = aStream();
    await append(stream, NO_STREAM, events(4));
    const quietly = { expectedRevision: NO_STREAM, throwOnAppendFailure: false } as const;
    await expect(client.appendToStream(stream, events(1), quietly)).rejects.toMatchObject(wrongVersion(3n));
    const lenient = EventStoreDBClient.connectionString(`${server.url}&throwOnAppendFailure=false`);
    const loudly = { expectedRevision: NO_STREAM, throwOnAppendFailure: true } as const;
    const refused = await lenient.appendToStream(stream, events(1), loudly);
    // For a batch the client (6.2.1) says whether there is a revision, as a number, instead of which.
    expect(refused).toMatchObject({ success: false, nextExpectedRevision: offersBatchAppend ? 1n : 3n });
    await lenient.dispose();
  });

  test('ids, types, data and metadata come back byte for byte, also those that are no JSON', async () => {
    const stream = aStream();
    const [data, metadata] = [new Uint8Array([0, 255, 128, 10]), new Uint8Array([1, 2, 254])];
    const sent = { id: randomUUID(), contentType: 'application/octet-stream', type: 'Raw', data, metadata } as const;
    await append(stream, NO_STREAM, [sent]);
    const [read] = await client.readStream(stream).toArray();
    expect(read.event).toMatchObject({ id: sent.id, type: 'Raw', isJson: false, revision: 0n });
    expect(Buffer.from(read.event.data)).toEqual(Buffer.from(data));
    expect(Buffer.from(read.event.metadata)).toEqual(Buffer.from(metadata));
  });

  test('streams may have any name', async () => {
    const stream = `Ünïcode stream/${randomUUID()} with: everything`;
    await append(stream, NO_STREAM, events(2));
    await append(stream, 1n, events(1));
    expect(await idsIn(stream)).toHaveLength(3);
    await expect(append(stream, NO_STREAM, events(1))).rejects.toMatchObject({ streamName: stream });
  });

  test('more than a mebibyte in one append is refused', async () => {
    const batch = [jsonEvent({ type: 'Large', data: { text: 'x'.repeat(1_048_576) } })];
    const refusal = { type: 'maximum-append-size-exceeded', maxAppendSize: 1_048_576 };
    await expect(append(aStream(), NO_STREAM, batch)).rejects.toMatchObject(refusal);
  });

  test('appends at the same time all count, in one stream and in many', async () => {
    const shared = aStream();
    const many = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const own = aStream();
        const [one] = await Promise.all([append(own, NO_STREAM, events(2)), append(shared, ANY, events(1))]);
        return one;
      }),
    );
    expect(new Set(many.map((one) => one.position?.commit)).size).toBe(60);
    const revisions = (await client.readStream(shared).toArray()).map(({ event }) => event?.revision);
    expect(revisions).toEqual(Array.from({ length: 60 }, (_, index) => BigInt(index)));
  });

  test('an append that is not answered in time fails by its deadline, and is written nevertheless', async () => {
    const stream = aStream();
    const batch = events(1);
    const answer = server.holdAnswers();
    const appending = client.appendToStream(stream, batch, { expectedRevision: NO_STREAM, deadline: 250 });
    // A batch has no deadline of its own: nothing but the answer ends the wait.
    if (!offersBatchAppend) await expect(appending).rejects.toMatchObject({ type: 'deadline-exceeded', code: 4 });
    answer();
    if (offersBatchAppend) await expect(appending).resolves.toMatchObject({ success: true });
    await expect.poll(() => idsIn(stream).catch(() => [])).toEqual([batch[0]?.id]);
  });
});
