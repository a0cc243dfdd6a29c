import { randomUUID } from 'node:crypto';
import { type Decider, websiteDecider } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { describe, expect, it } from 'vitest';
import { findBrokenLink } from '../src/hash-chain.ts';
import { systemClock } from '../src/ports/clock.ts';
import {
  type EventStore,
  EventStoreUnavailable,
  InvalidAppend,
  maxEventsPerAppend,
  type NewEvent,
  StreamUnreadable,
} from '../src/ports/event-store.ts';
import { StreamDrift } from '../src/replay-stream.ts';
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

/** A store that counts appends, and holds them back or refuses them where a test says so. */
function storeThat(meets: (events: readonly NewEvent[]) => Promise<void> | void = () => {}) {
  const inner = createMemoryEventStore();
  const sizes: number[] = [];
  const store: EventStore = {
    ...inner,
    async append(stream, expectedRevision, events) {
      await meets(events);
      const appended = await inner.append(stream, expectedRevision, events);
      if (appended.ok) sizes.push(events.length);
      return appended;
    },
  };
  return { store, sizes };
}

describe('commands that wait for one stream', () => {
  it('are appended together, those that come meanwhile with the next append', async () => {
    const { store, sizes } = storeThat();
    const actors = actorsOn(store);
    const first = [create, rename('a'), rename('b')].map((command) => actors.handle('w', command, byTest));
    const next = first[0]?.then(() => Promise.all(['c', 'd'].map((name) => actors.handle('w', rename(name), byTest))));
    await Promise.all([...first, next]);
    expect(sizes).toEqual([3, 2]);
  });

  it('get no answer before the append has succeeded that theirs depends on, and none when it fails', async () => {
    const append = Promise.withResolvers<void>();
    const { store } = storeThat(() => append.promise);
    const actors = actorsOn(store);
    const answered: string[] = [];
    const handled = [rename('too early'), create, create, rename('now')].map((command) =>
      actors.handle('w', command, byTest).finally(() => answered.push(command.type)),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toEqual([]);
    append.reject(new EventStoreUnavailable('The connection broke.'));
    const settled = await Promise.allSettled(handled);
    expect(settled.map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  });

  it('are each decided at a moment of their own, on what those before them lead to', async () => {
    let nowMs = 0;
    const now = () => {
      nowMs += 1_000;
      return new Date(nowMs);
    };
    const clock = { ...systemClock, now };
    const store = createMemoryEventStore();
    const actors = createStreamActors({ ...world, clock, store, decider: websiteDecider });
    const sent = [rename('too early'), create, rename('Shop'), rename('a')];
    const results = await Promise.all(sent.map((command) => actors.handle('w', command, byTest)));
    expect(results.map(({ ok, revision }) => [ok, revision])).toEqual([
      [false, -1],
      [true, 0],
      [true, 0],
      [true, 1],
    ]);
    const times = (await store.readStream('website-w')).map(({ metadata }) => Date.parse(metadata.occurredAt));
    expect(times).toEqual([2_000, 4_000]);
  });

  it('do not fail with one whose events the store can never take, nor for being too many at once', async () => {
    const { store, sizes } = storeThat((events) => {
      const isTooMuch = events.length > 10 || events.some(({ data }) => (data as { name: string }).name === 'poison');
      if (isTooMuch) throw new InvalidAppend('That is more than the server takes.');
    });
    const actors = actorsOn(store);
    await actors.handle('w', create, byTest);
    const names = Array.from({ length: 50 }, (_, index) => (index === 20 ? 'poison' : `name ${index}`));
    const settled = await Promise.allSettled(names.map((name) => actors.handle('w', rename(name), byTest)));
    expect(settled.flatMap(({ status }, index) => (status === 'rejected' ? [names[index]] : []))).toEqual(['poison']);
    const recorded = (await store.readStream('website-w')).slice(1).map(({ data }) => (data as { name: string }).name);
    expect(recorded).toEqual(names.filter((name) => name !== 'poison'));
    expect(sizes.length).toBeLessThan(25);
  });

  it('go into as many appends as the bounds of one append call for', async () => {
    const { store, sizes } = storeThat();
    const actors = createStreamActors({ ...world, store, decider: counter });
    const counts = [...Array(4).fill(200), ...Array(150).fill(1)];
    await Promise.all(counts.map((count) => actors.handle('c', count, byTest)));
    expect(sizes).toEqual([400, 498, 52]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(maxEventsPerAppend);
  });
});

/** A model whose commands are how many events they lead to. */
const counter: Decider<number, number, { readonly type: 'Counted'; readonly data: object }> = {
  category: 'counter',
  eventTypes: ['Counted'],
  machineVersion: 1,
  initialState: () => 0,
  decide: (count) => ({ ok: true, events: Array.from({ length: count }, () => ({ type: 'Counted', data: {} })) }),
  evolve: (state) => ({ ok: true, state: state + 1 }),
  stateValue: (state) => String(state),
  parseEvent: () => ({ type: 'Counted', data: {} }),
  schemaVersion: () => 1,
};

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

  it('that the store cannot give back is drift too, for whoever asks and whoever sends', async () => {
    const unreadable = async () => {
      throw new StreamUnreadable('The stream was deleted on the server.', { revision: 2 });
    };
    const actors = actorsOn({ ...createMemoryEventStore(), readStream: unreadable });
    const drift = { code: 'stream-drift', stream: 'website-w', revision: 2 };
    await expect(actors.load('w')).rejects.toMatchObject(drift);
    await expect(actors.load('w')).rejects.toThrow('was deleted on the server');
    await expect(actors.handle('w', create, byTest)).rejects.toBeInstanceOf(StreamDrift);
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
