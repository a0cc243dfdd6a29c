import { createHash, randomUUID } from 'node:crypto';
import { deciders, websiteDecider } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { describe, expect, it } from 'vitest';
import { createActors } from '../../src/actors.ts';
import { eventHash, genesisHash } from '../../src/hash-chain.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { EventStore, NewEvent, RecordedEvent } from '../../src/ports/event-store.ts';
import { maxNamedFindings, verifyStore } from '../../src/use-cases/verify-store.ts';

const byTest = { actor: { kind: 'system', name: 'test' } } as const;

/** A store in which each of these websites was created, renamed and renamed again. */
async function websites(...ids: readonly string[]): Promise<EventStore> {
  const store = createMemoryEventStore();
  const { website } = createActors({ store, clock: systemClock, newId: randomUUID, random: () => 0 });
  for (const id of ids) {
    await website.handle(id, { type: 'CreateWebsite', name: 'Shop', slug: 'shop', ownerId: 'u' as never }, byTest);
  }
  for (const name of ['Market', 'Fair']) {
    for (const id of ids) await website.handle(id, { type: 'RenameWebsite', name }, byTest);
  }
  return store;
}

/** The same events in another store, each as `change` gives it back; null leaves it out. */
async function changed(store: EventStore, change: (event: RecordedEvent) => NewEvent | null): Promise<EventStore> {
  const copy = createMemoryEventStore();
  const revisions = new Map<string, number>();
  for (const event of await store.readAll({ limit: 10_000 })) {
    const { type, data, metadata } = change(event) ?? { type: null, data: null, metadata: null };
    if (type === null || metadata === null) continue;
    const revision = revisions.get(event.stream) ?? -1;
    await copy.append(event.stream, revision === -1 ? 'no_stream' : revision, [{ type, data, metadata }]);
    revisions.set(event.stream, revision + 1);
  }
  return copy;
}

/** Changes one event of `website-b`. */
const changing =
  (revision: number, change: (event: RecordedEvent) => NewEvent | null) =>
  (event: RecordedEvent): NewEvent | null =>
    event.stream === 'website-b' && event.revision === revision ? change(event) : event;

describe('verifying a store', () => {
  it('finds nothing in one that is sound, and counts what is there', async () => {
    expect(await verifyStore({ store: await websites('a', 'b', 'c') })).toMatchObject({
      events: 9,
      streams: 3,
      findings: 0,
      named: [],
      otherVersions: [],
    });
  });

  it('finds nothing in an empty one', async () => {
    expect(await verifyStore({ store: createMemoryEventStore() })).toMatchObject({
      events: 0,
      streams: 0,
      findings: 0,
    });
  });

  it.each<[string, Parameters<typeof changing>, { kind: string; revision: number; reason: RegExp }]>([
    [
      'changed data',
      [1, (event) => ({ ...event, data: { name: 'Markes' } })],
      { kind: 'broken-link', revision: 1, reason: /not what was recorded/ },
    ],
    [
      'a changed actor',
      [2, (event) => ({ ...event, metadata: { ...event.metadata, actor: { kind: 'system', name: 'else' } } })],
      { kind: 'broken-link', revision: 2, reason: /not what was recorded/ },
    ],
    ['a missing event', [1, () => null], { kind: 'broken-link', revision: 1, reason: /moved from another place/ }],
    [
      'metadata that no event has',
      [1, (event) => ({ ...event, metadata: { ...event.metadata, hash: 'none' } })],
      { kind: 'unreadable', revision: 1, reason: /metadata is not what every event has/ },
    ],
  ])(
    'names the stream and the revision of %s, and goes on with the others',
    async (_, [revision, change], expected) => {
      const store = await changed(await websites('a', 'b', 'c'), changing(revision, change));
      const { streams, named, findings } = await verifyStore({ store });
      expect({ streams, findings }).toEqual({ streams: 3, findings: 1 });
      expect(named).toMatchObject([
        { stream: 'website-b', ...expected, reason: expect.stringMatching(expected.reason) },
      ]);
    },
  );

  it('names drift where the chain holds and the model does not lead where it led', async () => {
    const store = await websites('a', 'b', 'c');
    const before = (await store.readStream('website-b')).at(-1);
    if (before === undefined) throw new Error('There is no website b.');
    const { hash: previous, ...old } = before.metadata;
    const metadata = { ...old, eventId: randomUUID(), revision: 3, from: 'active', to: 'deleted' };
    const event = { type: 'WebsiteRenamed', data: { name: 'Bazaar' }, metadata };
    await store.append('website-b', 2, [{ ...event, metadata: { ...metadata, hash: eventHash(previous, event) } }]);
    expect((await verifyStore({ store })).named).toEqual([
      {
        kind: 'drift',
        stream: 'website-b',
        revision: 3,
        reason: 'WebsiteRenamed leads to "active"; recorded was "deleted".',
      },
    ]);
  });

  it('names as drift what makes a model throw', async () => {
    const broken: typeof websiteDecider = {
      ...websiteDecider,
      evolve(state, event) {
        if (event.type === 'WebsiteRenamed') throw new TypeError('"name" of nothing');
        return websiteDecider.evolve(state, event);
      },
    };
    const { named } = await verifyStore({ store: await websites('a', 'b'), deciders: [broken] });
    const reason = 'WebsiteRenamed breaks the model: "name" of nothing.';
    expect(named).toEqual(['a', 'b'].map((id) => ({ kind: 'drift', stream: `website-${id}`, revision: 1, reason })));
  });

  it('names the streams that this program has no model for, and checks their chains none the less', async () => {
    const store = await changed(await websites('a', 'b'), (event) =>
      event.revision === 2 ? { ...event, data: { name: 'Fais' } } : event,
    );
    const without = deciders.filter(({ category }) => category !== 'website');
    const { named } = await verifyStore({ store, deciders: without });
    expect(named.map(({ kind, stream, revision }) => [kind, stream, revision])).toEqual([
      ['unknown-category', 'website-a', 0],
      ['unknown-category', 'website-b', 0],
      ['broken-link', 'website-a', 2],
      ['broken-link', 'website-b', 2],
    ]);
  });

  it('names so many findings and counts the others', async () => {
    const ids = Array.from({ length: maxNamedFindings + 5 }, (_, n) => `w${n}`);
    const store = await changed(await websites(...ids), (event) =>
      event.revision === 1 ? { ...event, data: { name: 'Markes' } } : event,
    );
    const { named, findings } = await verifyStore({ store });
    expect([named.length, findings]).toEqual([maxNamedFindings, maxNamedFindings + 5]);
  });

  it('gives a digest over the last hash of every stream', async () => {
    const store = await websites('b', 'a');
    const hashOf = async (stream: string) => (await store.readStream(stream)).at(-1)?.metadata.hash;
    const lines = `website-a 2 ${await hashOf('website-a')}\nwebsite-b 2 ${await hashOf('website-b')}\n`;
    const { digest } = await verifyStore({ store });
    expect(digest).toBe(createHash('sha256').update(lines).digest('hex'));
    expect((await verifyStore({ store: await changed(store, (event) => event) })).digest).toBe(digest);
  });

  it('ends with what was the last event at the start, though more is appended all the time', async () => {
    const store = await websites('a');
    const { slug } = createActors({ store, clock: systemClock, newId: randomUUID, random: () => 0 });
    let appended = 0;
    const growing: EventStore = {
      ...store,
      async readAll(options) {
        await slug.handle(`s${appended++}`, { type: 'ReserveSlug', websiteId: 'a' as never }, byTest);
        return await store.readAll(options);
      },
    };
    expect(await verifyStore({ store: growing })).toMatchObject({ events: 3, streams: 1 });
  });

  it('tells how far it is, and stops when it is told to', async () => {
    const store = await websites('a', 'b');
    const told: number[] = [];
    await verifyStore({ store, onProgress: ({ events }) => told.push(events) });
    expect(told).toEqual([6]);
    const stopped = AbortSignal.abort(new Error('Ctrl-C'));
    await expect(verifyStore({ store, signal: stopped })).rejects.toThrow('Ctrl-C');
  });

  it('chains the first event of a stream to nothing before it', async () => {
    const store = await changed(await websites('a'), ({ type, data, metadata }) => {
      const { hash: _, ...rest } = metadata;
      return {
        type,
        data,
        metadata: { ...metadata, hash: eventHash('1'.repeat(genesisHash.length), { type, data, metadata: rest }) },
      };
    });
    expect((await verifyStore({ store })).named).toMatchObject([{ kind: 'broken-link', revision: 0 }]);
  });
});
