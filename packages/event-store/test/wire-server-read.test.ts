import {
  BACKWARDS,
  END,
  EventStoreDBClient,
  eventTypeFilter,
  jsonEvent,
  NO_STREAM,
  type Position,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { aStream } from '@yardmaster/event-store/testing';
import { startWireServer, type WireServer } from '@yardmaster/event-store/wire-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Resolved {
  readonly event?: {
    readonly id: string;
    readonly revision: bigint;
    readonly position?: Position;
    readonly type: string;
  };
}

describe('the wire server is read like EventStoreDB', () => {
  let server: WireServer;
  let client: EventStoreDBClient;
  beforeAll(async () => {
    server = await startWireServer({ store: createMemoryEventStore() });
    client = EventStoreDBClient.connectionString(server.url);
  });
  afterAll(async () => {
    await client.dispose();
    await server.stop();
  });

  /** A new stream of so many events, and how they are read back. */
  const write = async (count: number, type = 'Tested') => {
    const stream = aStream();
    const events = Array.from({ length: count }, () => jsonEvent({ type, data: { a: 1 } }));
    await client.appendToStream(stream, events, { expectedRevision: NO_STREAM });
    return { stream, read: (await client.readStream(stream).toArray()) as Resolved[] };
  };
  const idOf = ({ event }: Resolved) => event?.id;
  const take = async (subscription: AsyncIterable<Resolved>, count: number) => {
    const taken: Resolved[] = [];
    for await (const resolved of subscription) if (taken.push(resolved) === count) break;
    return taken;
  };
  const positionOf = (resolved: Resolved | undefined): Position => {
    if (resolved?.event?.position === undefined) throw new Error('There is no position.');
    return resolved.event.position;
  };

  test('positions rise with gaps between them', async () => {
    await write(5);
    const positions = ((await client.readAll().toArray()) as Resolved[]).map((one) => positionOf(one).commit);
    for (const [index, position] of positions.slice(1).entries()) {
      expect(position - (positions[index] ?? 0n)).toBeGreaterThan(1n);
    }
  });

  test('a read includes the place where it starts; a subscription does not', async () => {
    const { stream, read } = await write(5);
    const ids = read.map(idOf);
    const from = positionOf(read[2]);
    expect((await client.readStream(stream, { fromRevision: 2n }).toArray()).map(idOf)).toEqual(ids.slice(2));
    expect((await take(client.subscribeToStream(stream, { fromRevision: 2n }), 2)).map(idOf)).toEqual(ids.slice(3));
    const filter = streamNameFilter({ prefixes: [stream] });
    expect(idOf((await client.readAll({ fromPosition: from, maxCount: 1 }).toArray())[0] as Resolved)).toBe(ids[2]);
    expect((await take(client.subscribeToAll({ fromPosition: from, filter }), 2)).map(idOf)).toEqual(ids.slice(3));
  });

  test('backwards a read of a stream includes its place, and a read of $all does not', async () => {
    const { stream, read } = await write(4);
    const ids = read.map(idOf);
    const back = { direction: BACKWARDS } as const;
    expect((await client.readStream(stream, { ...back, fromRevision: END }).toArray()).map(idOf)).toEqual(
      ids.toReversed(),
    );
    const included = await client.readStream(stream, { ...back, fromRevision: 1n }).toArray();
    expect(included.map(idOf)).toEqual([ids[1], ids[0]]);
    const all = (await client
      .readAll({ ...back, fromPosition: positionOf(read[1]), maxCount: 2 })
      .toArray()) as Resolved[];
    // A link lies between the two.
    expect(all.map((one) => one.event?.type)).toEqual(['$>', 'Tested']);
    expect(all.map(idOf)[1]).toBe(ids[0]);
  });

  test('a read takes no notice of a filter; a subscription keeps to it', async () => {
    const { read } = await write(2, 'Wanted');
    await write(2, 'Unwanted');
    const filter = eventTypeFilter({ prefixes: ['Wanted'] });
    const types = ((await client.readAll({ filter } as object).toArray()) as Resolved[]).map((one) => one.event?.type);
    expect(types).toEqual(expect.arrayContaining(['Wanted', 'Unwanted', '$>']));
    expect((await take(client.subscribeToAll({ fromPosition: START, filter }), 2)).map(idOf)).toEqual(read.map(idOf));
    const pattern = eventTypeFilter({ regex: '^Want' });
    const matching = await take(client.subscribeToAll({ fromPosition: START, filter: pattern }), 2);
    expect(matching.map(idOf)).toEqual(read.map(idOf));
  });

  test('a subscription is confirmed, and says nothing when it has caught up', async () => {
    const { stream, read } = await write(3);
    const said: string[] = [];
    const live = client.subscribeToStream(stream, { fromRevision: START });
    for (const word of ['confirmation', 'caughtUp', 'fellBehind'] as const)
      live.on(word as 'confirmation', () => void said.push(word));
    const reading = take(live, 4);
    await client.appendToStream(stream, jsonEvent({ type: 'Tested', data: {} }), { expectedRevision: 2n });
    expect((await reading).slice(0, 3).map(idOf)).toEqual(read.map(idOf));
    expect(said).toEqual(['confirmation']);
  });

  test('a subscription from the end, or to a stream that is not there, delivers what comes', async () => {
    const { stream } = await write(2);
    const absent = aStream();
    const subscriptions = [
      client.subscribeToStream(stream, { fromRevision: END }),
      client.subscribeToStream(absent, { fromRevision: START }),
      client.subscribeToAll({ fromPosition: END, filter: eventTypeFilter({ prefixes: ['Late'] }) }),
    ];
    await Promise.all(subscriptions.map((one) => new Promise((resolve) => one.once('confirmation', resolve))));
    const reading = Promise.all(subscriptions.map((one) => take(one, 1)));
    const late = jsonEvent({ type: 'Late', data: {} });
    await client.appendToStream(stream, late, { expectedRevision: 1n });
    await client.appendToStream(absent, jsonEvent({ type: 'Tested', data: {} }), { expectedRevision: NO_STREAM });
    const [[ofStream], [ofAbsent], [ofAll]] = (await reading) as [Resolved[], Resolved[], Resolved[]];
    expect([ofStream, ofAll].map((one) => one?.event?.id)).toEqual([late.id, late.id]);
    expect(ofAbsent?.event?.revision).toBe(0n);
  });

  test('a long stream comes whole and in order, both ways and to a subscription', async () => {
    const { stream, read } = await write(450);
    expect(read.map((one) => Number(one.event?.revision))).toEqual(Array.from({ length: 450 }, (_, index) => index));
    await write(450);
    const ids = read.map(idOf);
    const back = await client.readStream(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 430 }).toArray();
    expect(back.map(idOf)).toEqual(ids.toReversed().slice(0, 430));
    expect((await take(client.subscribeToStream(stream), 450)).map(idOf)).toEqual(ids);
    const filter = streamNameFilter({ prefixes: [stream] });
    expect((await take(client.subscribeToAll({ filter }), 450)).map(idOf)).toEqual(ids);
  });
});
