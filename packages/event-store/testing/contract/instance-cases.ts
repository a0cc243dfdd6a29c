import { expect } from 'vitest';
import { aStream, idsOf, someEvents } from '../an-event.ts';
import { after, type ContractCase, collect, readEverything } from './contract-case.ts';

/** What holds between instances on the same data: one after the other, and side by side. */
export const instanceCases: readonly ContractCase[] = [
  {
    name: 'keeps every append that resolved, with revisions, positions and identity',
    async run({ store, reopen }) {
      const start = await store.lastPosition();
      const streams = Array.from({ length: 20 }, () => aStream());
      const events = someEvents(2);
      const [stream = ''] = streams;
      const first = await store.append(stream, 'no_stream', events);
      await Promise.all(streams.slice(1).map((name) => store.append(name, 'no_stream', someEvents(2))));
      const before = await readEverything(store, start);
      const reopened = await reopen();
      expect(reopened.storeId).toBe(store.storeId);
      expect(await readEverything(reopened, start)).toEqual(before);
      expect(await reopened.append(stream, 'no_stream', events)).toEqual(first);
      expect(await reopened.append(stream, 0, someEvents(1))).toMatchObject({ ok: false, actualRevision: 1 });
      expect(await reopened.append(stream, 1, someEvents(1))).toMatchObject({ ok: true, revision: 2 });
    },
  },
  {
    name: 'finishes the appends under way before it stops',
    async run({ store, reopen }) {
      const streams = Array.from({ length: 50 }, () => aStream());
      const appends = streams.map((stream) => store.append(stream, 'no_stream', someEvents(2)));
      await store.stop();
      expect((await Promise.all(appends)).every((result) => result.ok)).toBe(true);
      const reopened = await reopen();
      for (const stream of streams) expect(await reopened.readStream(stream)).toHaveLength(2);
    },
  },
  {
    name: 'shows an append to another instance as soon as it has resolved',
    async run({ store, second }) {
      const other = await second();
      expect(other.storeId).toBe(store.storeId);
      const stream = aStream();
      await store.append(stream, 'no_stream', someEvents(2));
      expect(await other.readStream(stream)).toEqual(await store.readStream(stream));
      await other.append(stream, 1, someEvents(1));
      expect(await store.readStream(stream)).toHaveLength(3);
      expect(await store.append(stream, 1, someEvents(1))).toMatchObject({ ok: false, actualRevision: 2 });
      expect(await other.lastPosition()).toBe(await store.lastPosition());
    },
  },
  {
    name: 'lets exactly one of concurrent appends by two instances win',
    async run({ store, second }) {
      const other = await second();
      const stream = aStream();
      for (let revision = -1; revision < 30; revision++) {
        const expected = revision === -1 ? 'no_stream' : revision;
        const results = await Promise.all([store, other].map((one) => one.append(stream, expected, someEvents(1))));
        expect(results.filter((result) => result.ok)).toHaveLength(1);
      }
      expect((await store.readStream(stream)).map((event) => event.revision)).toEqual([...Array(31).keys()]);
    },
  },
  {
    name: 'delivers to its subscribers what two instances append, once and in order',
    async run({ store, second }) {
      const other = await second();
      const start = await store.lastPosition();
      const shared = aStream();
      const seen = [store, other].map((one) => collect(one.subscribeToAll(after(start)), (all) => all.length >= 400));
      const one = collect(store.subscribeToStream(shared), (all) => all.length >= 100);
      const appending = Array.from({ length: 100 }, async (_, index) => {
        await other.append(aStream(), 'no_stream', someEvents(2));
        await store.append(aStream(), 'no_stream', someEvents(1));
        return index;
      });
      for (let revision = -1; revision < 99; revision++) {
        const writer = revision % 2 === 0 ? store : other;
        await writer.append(shared, revision === -1 ? 'no_stream' : revision, someEvents(1));
      }
      await Promise.all(appending);
      const stored = idsOf(await readEverything(store, start));
      expect(stored).toHaveLength(400);
      for (const events of await Promise.all(seen)) expect(idsOf(events)).toEqual(stored);
      expect((await one).map((event) => event.revision)).toEqual([...Array(100).keys()]);
    },
  },
];
