import { randomUUID } from 'node:crypto';
import { websiteDecider } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { describe, expect, it } from 'vitest';
import { findBrokenLink } from '../src/hash-chain.ts';
import { systemClock } from '../src/ports/clock.ts';
import { type EventStore, EventStoreUnavailable } from '../src/ports/event-store.ts';
import { createStreamActors, MailboxFull, maxMailboxLength } from '../src/stream-actor.ts';

const byTest = { actor: { kind: 'system', name: 'test' } } as const;
const create = { type: 'CreateWebsite', name: 'Shop', slug: 'shop', ownerId: 'u' as never } as const;
const rename = (name: string) => ({ type: 'RenameWebsite', name }) as const;
const world = { clock: systemClock, newId: randomUUID, random: () => 0.5 };
const actorsOn = (store: EventStore) => createStreamActors({ ...world, store, decider: websiteDecider });

describe('a stream actor', () => {
  it('handles commands to one stream in the order of their arrival', async () => {
    const store = createMemoryEventStore();
    const actors = actorsOn(store);
    await actors.handle('w', create, byTest);
    const names = Array.from({ length: 50 }, (_, index) => `name ${index}`);
    await Promise.all(names.map((name) => actors.handle('w', rename(name), byTest)));
    const recorded = (await store.readStream('website-w')).slice(1).map(({ data }) => (data as { name: string }).name);
    expect(recorded).toEqual(names);
  });

  it('decides again when another process was first, and keeps one chain', async () => {
    const store = createMemoryEventStore();
    const [here, there] = [actorsOn(store), actorsOn(store)];
    await here.handle('w', create, byTest);
    await there.load('w');
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => (index % 2 ? here : there).handle('w', rename(`n${index}`), byTest)),
    );
    const events = await store.readStream('website-w');
    expect(events).toHaveLength(41);
    expect(findBrokenLink(events)).toBeNull();
  });

  it('rejects on the newest state, not on what it remembers', async () => {
    const store = createMemoryEventStore();
    const [here, there] = [actorsOn(store), actorsOn(store)];
    expect((await here.handle('w', rename('too early'), byTest)).ok).toBe(false);
    await there.handle('w', create, byTest);
    expect((await here.handle('w', rename('now'), byTest)).ok).toBe(true);
  });

  it('appends nothing for a command that has already taken effect', async () => {
    const actors = actorsOn(createMemoryEventStore());
    await actors.handle('w', create, byTest);
    expect(await actors.handle('w', create, byTest)).toMatchObject({
      ok: true,
      events: [],
      position: null,
      revision: 0,
    });
  });

  it('refuses further commands when its mailbox is full, and goes on afterwards', async () => {
    const actors = actorsOn(createMemoryEventStore());
    const sent = Array.from({ length: maxMailboxLength }, () => actors.handle('w', create, byTest));
    await expect(actors.handle('w', create, byTest)).rejects.toBeInstanceOf(MailboxFull);
    await Promise.all(sent);
    expect((await actors.handle('w', rename('later'), byTest)).ok).toBe(true);
  });

  it('believes nothing in memory after an append with an unknown outcome', async () => {
    const inner = createMemoryEventStore();
    let failing = false;
    const store: EventStore = {
      ...inner,
      async append(stream, expectedRevision, events) {
        const result = await inner.append(stream, expectedRevision, events);
        if (failing) throw new EventStoreUnavailable('The connection broke after the append.');
        return result;
      },
    };
    const actors = actorsOn(store);
    await actors.handle('w', create, byTest);
    failing = true;
    await expect(actors.handle('w', rename('once'), byTest)).rejects.toBeInstanceOf(EventStoreUnavailable);
    failing = false;
    expect(await actors.handle('w', rename('once'), byTest)).toMatchObject({ ok: true, events: [] });
    expect(await inner.readStream('website-w')).toHaveLength(2);
  });
});

describe('a stored history', () => {
  async function history() {
    const store = createMemoryEventStore();
    const actors = actorsOn(store);
    await actors.handle('w', create, byTest);
    await actors.handle('w', rename('Other'), byTest);
    await actors.handle('w', rename('Third'), byTest);
    return await store.readStream('website-w');
  }

  it('is chained: a changed, moved or missing event is found and named', async () => {
    const events = await history();
    const [first, second, third] = events as [(typeof events)[0], (typeof events)[0], (typeof events)[0]];
    expect(findBrokenLink(events)).toBeNull();
    expect(findBrokenLink([first, { ...second, data: { name: 'Othes' } }, third])).toMatchObject({ revision: 1 });
    expect(findBrokenLink([first, third])).toMatchObject({ revision: 1 });
    expect(findBrokenLink([first, { ...second, stream: 'website-x' }, third])).toMatchObject({ revision: 1 });
    const reattributed = { ...third.metadata, actor: { kind: 'system', name: 'someone' } as const };
    expect(findBrokenLink([first, second, { ...third, metadata: reattributed }])).toMatchObject({ revision: 2 });
  });

  it('is replayed with every event checked: drift names the stream and the revision', async () => {
    const events = await history();
    const store = createMemoryEventStore();
    const drifting = events.map(({ type, data, metadata }, index) => ({
      type,
      data,
      metadata: index === 1 ? { ...metadata, to: 'elsewhere' } : metadata,
    }));
    await store.append('website-w', 'no_stream', drifting);
    await expect(actorsOn(store).load('w')).rejects.toMatchObject({
      code: 'stream-drift',
      stream: 'website-w',
      revision: 1,
    });
  });
});
