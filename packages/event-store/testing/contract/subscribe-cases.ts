import type { EventStore, Position } from '@yardmaster/application';
import { expect } from 'vitest';
import { aStream, idsOf, someEvents } from '../an-event.ts';
import { after, type ContractCase, collect, readEverything } from './contract-case.ts';

/** Writers that append to streams of their own until each has made `appends` appends, of one to three events. */
async function hammer(
  store: EventStore,
  { writers, appends }: { writers: number; appends: number },
): Promise<string[]> {
  const streams = Array.from({ length: writers }, () => aStream());
  await Promise.all(
    streams.map(async (stream) => {
      let revision: number | 'no_stream' = 'no_stream';
      for (let index = 0; index < appends; index++) {
        const result = await store.append(stream, revision, someEvents(1 + (index % 3)));
        if (!result.ok) throw new Error(`A writer with a stream of its own was refused at ${result.actualRevision}.`);
        revision = result.revision;
      }
    }),
  );
  return streams;
}

const revisionsInOrder = (count: number) => [...Array(count).keys()];
/** Events that a writer of {@link hammer} makes in six appends: 1 + 2 + 3, twice. */
const eventsInSixAppends = 12;

const toAll: readonly ContractCase[] = [
  {
    name: 'subscribes to all from the beginning',
    async run({ store }) {
      const stream = aStream();
      const events = someEvents(3);
      await store.append(stream, 'no_stream', events);
      const seen = await collect(store.subscribeToAll(), (all) => all.filter((e) => e.stream === stream).length === 3);
      expect(idsOf(seen.filter((event) => event.stream === stream))).toEqual(idsOf(events));
    },
  },
  {
    name: 'delivers every event after a position exactly once and in order while writers hammer',
    async run({ store }) {
      await hammer(store, { writers: 5, appends: 30 });
      const start = await store.lastPosition();
      await hammer(store, { writers: 5, appends: 30 });
      const expectedEvents = 5 * 60 + 10 * 60;
      const writing = hammer(store, { writers: 10, appends: 30 });
      const subscribed = [collect(store.subscribeToAll(after(start)), (all) => all.length >= expectedEvents)];
      // More subscriptions begin at any moment of the writing, each at the position of that moment.
      const late: Promise<void>[] = [];
      for (let index = 0; index < 5; index++) {
        await store.append(aStream('marker'), 'no_stream', someEvents(1));
        const from = await store.lastPosition();
        late.push(seesTheSameAsReading(store, from));
      }
      subscribed.push(collect(store.subscribeToAll(after(start)), (all) => all.length >= expectedEvents + 5));
      await writing;
      await store.append(aStream('last'), 'no_stream', someEvents(1));
      await Promise.all(late);
      const stored = idsOf(await readEverything(store, start));
      expect(stored).toHaveLength(expectedEvents + 6);
      for (const seen of await Promise.all(subscribed)) expect(idsOf(seen)).toEqual(stored.slice(0, seen.length));
    },
  },
  {
    name: 'delivers an event that is appended while the subscription waits',
    async run({ store }) {
      const start = await store.lastPosition();
      const subscription = store.subscribeToAll(after(start))[Symbol.asyncIterator]();
      for (let index = 0; index < 20; index++) {
        const next = subscription.next();
        const events = someEvents(1);
        await store.append(aStream(), 'no_stream', events);
        expect(idsOf((await next).value ?? [])).toEqual(idsOf(events));
      }
      await subscription.return?.();
    },
  },
  {
    name: 'delivers to a subscription what reading returns',
    async run({ store }) {
      const start = await store.lastPosition();
      const live = collect(store.subscribeToAll(after(start)), (all) => all.length >= 12);
      await hammer(store, { writers: 1, appends: 6 });
      expect(await live).toEqual(await store.readAll({ ...after(start), limit: 100 }));
    },
  },
  {
    name: 'never yields an empty batch',
    async run({ store }) {
      const start = await store.lastPosition();
      const writing = hammer(store, { writers: 5, appends: 6 });
      let events = 0;
      for await (const batch of store.subscribeToAll(after(start))) {
        expect(batch.length).toBeGreaterThan(0);
        events += batch.length;
        if (events >= 5 * eventsInSixAppends) break;
      }
      await writing;
    },
  },
  {
    name: 'lets a slow subscriber catch up without a gap',
    async run({ store }) {
      const start = await store.lastPosition();
      const subscription = store.subscribeToAll(after(start))[Symbol.asyncIterator]();
      await store.append(aStream(), 'no_stream', someEvents(1));
      const seen = [...((await subscription.next()).value ?? [])];
      // The subscriber is busy with its first batch while thousands of events go by.
      for (let index = 0; index < 16; index++) await store.append(aStream(), 'no_stream', someEvents(400));
      while (seen.length < 6_401) seen.push(...((await subscription.next()).value ?? []));
      await subscription.return?.();
      expect(idsOf(seen)).toEqual(idsOf(await readEverything(store, start)));
    },
  },
];

/** A subscription from `from` sees what reading from there returns, up to the marker that the writers end with. */
async function seesTheSameAsReading(store: EventStore, from: Position | null): Promise<void> {
  const seen = await collect(
    store.subscribeToAll(after(from)),
    (all) => all.at(-1)?.stream.startsWith('last-') === true,
  );
  expect(idsOf(seen)).toEqual(idsOf(await readEverything(store, from)));
}

const toStream: readonly ContractCase[] = [
  {
    name: 'subscribes to a stream from its first event, also before there is one',
    async run({ store }) {
      const stream = aStream();
      const live = collect(store.subscribeToStream(stream), (all) => all.length >= 3);
      await store.append(aStream(), 'no_stream', someEvents(2));
      await store.append(stream, 'no_stream', someEvents(1));
      await store.append(stream, 0, someEvents(2));
      expect(await live).toEqual(await store.readStream(stream));
    },
  },
  {
    name: 'delivers every event of a stream after a revision exactly once and in order while writers hammer',
    async run({ store }) {
      const stream = aStream();
      await store.append(stream, 'no_stream', someEvents(20));
      const others = hammer(store, { writers: 5, appends: 30 });
      const fromStart = collect(store.subscribeToStream(stream), (all) => all.length >= 220);
      const fromMiddle = collect(store.subscribeToStream(stream, { afterRevision: 9 }), (all) => all.length >= 210);
      for (let revision = 19; revision < 219; revision += 2) await store.append(stream, revision, someEvents(2));
      await others;
      expect((await fromStart).map((event) => event.revision)).toEqual(revisionsInOrder(220));
      expect((await fromMiddle).map((event) => event.revision)).toEqual(revisionsInOrder(220).slice(10));
    },
  },
  {
    name: 'waits at a revision that the stream has not reached yet',
    async run({ store }) {
      const stream = aStream();
      await store.append(stream, 'no_stream', someEvents(2));
      const live = collect(store.subscribeToStream(stream, { afterRevision: 1 }), (all) => all.length >= 1);
      await store.append(stream, 1, someEvents(1));
      expect((await live).map((event) => event.revision)).toEqual([2]);
    },
  },
];

const ending: readonly ContractCase[] = [
  {
    name: 'ends a subscription whose signal aborts, waiting or not',
    async run({ store }) {
      const stream = aStream();
      await store.append(stream, 'no_stream', someEvents(1));
      const start = await store.lastPosition();
      const controller = new AbortController();
      const { signal } = controller;
      const waiting = [
        store.subscribeToAll({ ...after(start), signal }),
        store.subscribeToStream(aStream(), { signal }),
      ];
      const ended = waiting.map((subscription) => collect(subscription, () => false));
      // One subscription has delivered, which shows that it is past its start; then all of them are aborted.
      const busy = store.subscribeToStream(stream, { signal })[Symbol.asyncIterator]();
      expect((await busy.next()).value).toHaveLength(1);
      const next = busy.next();
      controller.abort();
      expect(await Promise.all(ended)).toEqual([[], []]);
      expect(await next).toEqual({ done: true, value: undefined });
    },
  },
  {
    name: 'ends a subscription at once whose signal had already aborted',
    async run({ store }) {
      await store.append(aStream(), 'no_stream', someEvents(1));
      expect(await collect(store.subscribeToAll({ signal: AbortSignal.abort() }), () => false)).toEqual([]);
    },
  },
  {
    name: 'ends every subscription when it stops, and may be stopped again',
    async run({ store }) {
      const stream = aStream();
      await store.append(stream, 'no_stream', someEvents(1));
      const start = await store.lastPosition();
      const ended = [
        collect(store.subscribeToAll(after(start)), () => false),
        collect(store.subscribeToStream(stream), () => false),
      ];
      await Promise.all([store.stop(), store.stop()]);
      await store.stop();
      const [all = [], one = []] = await Promise.all(ended);
      expect(all).toEqual([]);
      // It may or may not have got as far as the stored event.
      expect(one.length).toBeLessThanOrEqual(1);
      expect(await collect(store.subscribeToAll(), () => false)).toEqual([]);
    },
  },
  {
    name: 'refuses calls after it has stopped',
    async run({ store }) {
      await store.stop();
      const unavailable = { code: 'event-store-unavailable' };
      await expect(store.append(aStream(), 'no_stream', someEvents(1))).rejects.toMatchObject(unavailable);
      await expect(store.readStream(aStream())).rejects.toMatchObject(unavailable);
      await expect(store.readAll({ limit: 1 })).rejects.toMatchObject(unavailable);
      await expect(store.lastPosition()).rejects.toMatchObject(unavailable);
    },
  },
];

const reconnecting: readonly ContractCase[] = [
  {
    name: 'resumes after the last position seen, in another instance, without gap or duplicate',
    async run({ store, reopen }) {
      const start = await store.lastPosition();
      await hammer(store, { writers: 5, appends: 30 });
      const before = await collect(store.subscribeToAll(after(start)), (all) => all.length >= 100);
      const reopened = await reopen();
      const writing = hammer(reopened, { writers: 5, appends: 30 });
      const rest = 2 * 5 * 60 - before.length;
      const position = before.at(-1)?.position ?? null;
      const later = await collect(reopened.subscribeToAll(after(position)), (all) => all.length >= rest);
      await writing;
      expect(idsOf([...before, ...later])).toEqual(idsOf(await readEverything(reopened, start)));
    },
  },
];

export const subscribeCases: readonly ContractCase[] = [...toAll, ...toStream, ...ending, ...reconnecting];
