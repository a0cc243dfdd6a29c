import { randomUUID } from 'node:crypto';
import {
  InvalidAppend,
  maxAppendBytes,
  maxEventBytes,
  maxEventsPerAppend,
  type NewEvent,
} from '@yardmaster/application';
import { expect } from 'vitest';
import { anEvent, aStream, idsOf, someEvents } from '../an-event.ts';
import { type ContractCase, readEverything } from './contract-case.ts';

const refused = (stream: string, expectedRevision: number | 'no_stream', actualRevision: number | 'no_stream') => ({
  ok: false,
  code: 'wrong-expected-revision',
  stream,
  expectedRevision,
  actualRevision,
});

const concurrency: readonly ContractCase[] = [
  {
    name: 'refuses no_stream on an existing stream and says its revision',
    async run({ store }) {
      const stream = aStream();
      await store.append(stream, 'no_stream', someEvents(3));
      expect(await store.append(stream, 'no_stream', someEvents(1))).toEqual(refused(stream, 'no_stream', 2));
    },
  },
  {
    name: 'refuses a revision of a stream that does not exist',
    async run({ store }) {
      const stream = aStream();
      expect(await store.append(stream, 0, someEvents(1))).toEqual(refused(stream, 0, 'no_stream'));
      expect(await store.readStream(stream)).toEqual([]);
    },
  },
  {
    name: 'refuses a revision that is behind and one that is ahead',
    async run({ store }) {
      const stream = aStream();
      await store.append(stream, 'no_stream', someEvents(3));
      expect(await store.append(stream, 1, someEvents(1))).toEqual(refused(stream, 1, 2));
      expect(await store.append(stream, 3, someEvents(1))).toEqual(refused(stream, 3, 2));
    },
  },
  {
    name: 'lets exactly one of many concurrent appends at one revision win',
    async run({ store }) {
      const stream = aStream();
      await store.append(stream, 'no_stream', someEvents(1));
      const rivals = Array.from({ length: 20 }, () => someEvents(2));
      const results = await Promise.all(rivals.map((events) => store.append(stream, 0, events)));
      const winners = rivals.filter((_, index) => results[index]?.ok);
      expect(winners).toHaveLength(1);
      expect(results.filter((result) => !result.ok)).toEqual(Array(19).fill(refused(stream, 0, 2)));
      expect(idsOf(await store.readStream(stream, { fromRevision: 1 }))).toEqual(idsOf(winners[0] ?? []));
    },
  },
  {
    name: 'writes nothing of a refused batch, neither in the stream nor in the whole',
    async run({ store }) {
      const [stream, other] = [aStream(), aStream()];
      const start = await store.lastPosition();
      const [first, second] = [someEvents(2), someEvents(1)];
      await store.append(stream, 'no_stream', first);
      expect((await store.append(stream, 0, someEvents(5))).ok).toBe(false);
      await store.append(other, 'no_stream', second);
      expect(idsOf(await store.readStream(stream))).toEqual(idsOf(first));
      expect(idsOf(await readEverything(store, start))).toEqual(idsOf([...first, ...second]));
    },
  },
  {
    name: 'leaves the revision as it was after a refusal, so that the next right append leaves no hole',
    async run({ store }) {
      const stream = aStream();
      await store.append(stream, 'no_stream', someEvents(2));
      for (const expected of ['no_stream', 0, 7] as const) await store.append(stream, expected, someEvents(1));
      expect(await store.append(stream, 1, someEvents(2))).toMatchObject({ ok: true, revision: 3 });
      expect((await store.readStream(stream)).map((event) => event.revision)).toEqual([0, 1, 2, 3]);
    },
  },
  {
    name: 'continues a stream when appends are sent without waiting for the one before',
    async run({ store }) {
      const stream = aStream();
      const sent = Array.from({ length: 50 }, (_, index) =>
        store.append(stream, index === 0 ? 'no_stream' : index - 1, someEvents(1)),
      );
      expect((await Promise.all(sent)).map((result) => result.ok && result.revision)).toEqual([...sent.keys()]);
    },
  },
  {
    name: 'takes 1,000 concurrent appends to as many streams',
    async run({ store }) {
      const start = await store.lastPosition();
      const streams = Array.from({ length: 1_000 }, () => aStream());
      const results = await Promise.all(streams.map((stream) => store.append(stream, 'no_stream', someEvents(1))));
      expect(results.every((result) => result.ok && result.revision === 0)).toBe(true);
      const stored = (await readEverything(store, start)).map((event) => event.stream);
      expect(stored.toSorted()).toEqual(streams.toSorted());
    },
  },
];

const idempotency: readonly ContractCase[] = [
  {
    name: 'answers the same ids at the same expected revision with the first result, and writes nothing',
    async run({ store }) {
      const stream = aStream();
      const [first, second] = [someEvents(2), someEvents(3)];
      const results = [await store.append(stream, 'no_stream', first), await store.append(stream, 1, second)];
      expect(await store.append(stream, 'no_stream', first)).toEqual(results[0]);
      expect(await store.append(stream, 1, second)).toEqual(results[1]);
      expect(idsOf(await store.readStream(stream))).toEqual(idsOf([...first, ...second]));
    },
  },
  {
    name: 'answers a repeated append with the first result after later events too',
    async run({ store }) {
      const stream = aStream();
      const events = someEvents(2);
      const result = await store.append(stream, 'no_stream', events);
      for (const revision of [1, 2, 3]) await store.append(stream, revision, someEvents(1));
      expect(await store.append(stream, 'no_stream', events)).toEqual(result);
    },
  },
  {
    name: 'gives concurrent repetitions of one append one and the same result',
    async run({ store }) {
      const stream = aStream();
      const events = someEvents(2);
      const results = await Promise.all(Array.from({ length: 10 }, () => store.append(stream, 'no_stream', events)));
      expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
      expect(results[0]).toMatchObject({ ok: true, revision: 1 });
      expect(await store.readStream(stream)).toHaveLength(2);
    },
  },
  {
    name: 'accepts a prefix of an earlier append as a repetition',
    async run({ store }) {
      const stream = aStream();
      const events = someEvents(3);
      await store.append(stream, 'no_stream', events);
      expect(await store.append(stream, 'no_stream', events.slice(0, 2))).toMatchObject({ ok: true, revision: 1 });
      expect(await store.readStream(stream)).toHaveLength(3);
    },
  },
  {
    name: 'refuses a repetition that goes on with a new event',
    async run({ store }) {
      const stream = aStream();
      const events = someEvents(2);
      await store.append(stream, 'no_stream', events);
      const longer = [...events, anEvent()];
      expect(await store.append(stream, 'no_stream', longer)).toEqual(refused(stream, 'no_stream', 1));
      expect(idsOf(await store.readStream(stream))).toEqual(idsOf(events));
    },
  },
  {
    name: 'refuses the end of an earlier append that goes on with a new event',
    async run({ store }) {
      const stream = aStream();
      const events = someEvents(3);
      await store.append(stream, 'no_stream', events);
      const overlapping = [...events.slice(1), anEvent()];
      expect(await store.append(stream, 0, overlapping)).toEqual(refused(stream, 0, 2));
      expect(idsOf(await store.readStream(stream))).toEqual(idsOf(events));
    },
  },
  {
    name: 'takes the same ids in another stream as other events',
    async run({ store }) {
      const [one, other] = [aStream(), aStream()];
      const events = someEvents(2);
      const first = await store.append(one, 'no_stream', events);
      const second = await store.append(other, 'no_stream', events);
      expect(second).toMatchObject({ ok: true, revision: 1 });
      expect(second).not.toEqual(first);
      for (const stream of [one, other]) expect(idsOf(await store.readStream(stream))).toEqual(idsOf(events));
    },
  },
  {
    name: 'takes an id in capitals for the same as one in small letters, and gives it back as it was',
    async run({ store }) {
      const stream = aStream();
      const [id, other] = [randomUUID(), randomUUID()];
      const inCapitals = anEvent({ metadata: { eventId: id.toUpperCase() } });
      const first = await store.append(stream, 'no_stream', [inCapitals]);
      expect(await store.append(stream, 'no_stream', [anEvent({ metadata: { eventId: id } })])).toEqual(first);
      expect(await store.readStream(stream)).toMatchObject([{ metadata: inCapitals.metadata }]);
      const twice = [other, other.toUpperCase()].map((eventId) => anEvent({ metadata: { eventId } }));
      await expect(store.append(stream, 0, twice)).rejects.toBeInstanceOf(InvalidAppend);
    },
  },
  {
    name: 'refuses the same ids in another order',
    async run({ store }) {
      const stream = aStream();
      const events = someEvents(2);
      await store.append(stream, 'no_stream', events);
      expect(await store.append(stream, 'no_stream', events.toReversed())).toEqual(refused(stream, 'no_stream', 1));
    },
  },
];

const invalidAppends: readonly (readonly [string, () => { stream?: string; revision?: number; events: NewEvent[] }])[] =
  [
    ['without events', () => ({ events: [] })],
    ['of too many events', () => ({ events: someEvents(maxEventsPerAppend + 1) })],
    ['of an event that is too large', () => ({ events: [anEvent({ data: 'x'.repeat(maxEventBytes) })] })],
    [
      'of an event whose bytes are too many',
      () => ({ events: [anEvent({ data: '\u{20ac}'.repeat(maxEventBytes / 3) })] }),
    ],
    ['whose events are too large together', () => ({ events: eventsOfBytes(maxAppendBytes + 1, 7) })],
    ['whose event id is no UUID', () => ({ events: [anEvent({ metadata: { eventId: 'event-1' } })] })],
    ['that holds one event twice', () => ({ events: Array<NewEvent>(2).fill(anEvent()) })],
    ['of an event without a type', () => ({ events: [anEvent({ type: '' })] })],
    ['at a negative revision', () => ({ revision: -1, events: someEvents(1) })],
    ['at a revision that is no whole number', () => ({ revision: 0.5, events: someEvents(1) })],
    ['of NaN', () => ({ events: [anEvent({ data: { size: Number.NaN } })] })],
    ['of a function', () => ({ events: [anEvent({ data: { run: () => 1 } })] })],
    ['of a big integer', () => ({ events: [anEvent({ data: { count: 1n } })] })],
    ['of a date', () => ({ events: [anEvent({ data: { at: new Date(0) } })] })],
    ['of data that is undefined', () => ({ events: [{ ...anEvent(), data: undefined }] })],
    ['of data with a cycle', () => ({ events: [anEvent({ data: aCycle() })] })],
    ['to a stream without a name', () => ({ stream: '', events: someEvents(1) })],
    ['to a stream name with a space', () => ({ stream: 'buildJob-a b', events: someEvents(1) })],
    ['to a stream name without an id', () => ({ stream: 'buildJob-', events: someEvents(1) })],
    ['to a system stream', () => ({ stream: '$all', events: someEvents(1) })],
    ['to a stream whose id is too long', () => ({ stream: `buildJob-${'x'.repeat(65)}`, events: someEvents(1) })],
  ];

/** Events of which every store counts so many bytes together. */
function eventsOfBytes(bytes: number, count: number): NewEvent[] {
  const [type, empty] = ['T'.repeat(128), JSON.stringify('').length];
  return Array.from({ length: count }, (_, index) => {
    const event = anEvent({ type, data: '' });
    const taken = 2 * type.length + JSON.stringify(event.metadata).length + empty;
    // The first one takes what is left over when the bytes are shared out.
    const share = Math.floor(bytes / count) + (index === 0 ? bytes % count : 0);
    return { ...event, data: 'x'.repeat(share - taken) };
  });
}

function aCycle(): unknown {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  return cycle;
}

const validation: readonly ContractCase[] = [
  ...invalidAppends.map(
    ([what, make]): ContractCase => ({
      name: `throws InvalidAppend for an append ${what}`,
      async run({ store }) {
        const { stream = aStream(), revision = 'no_stream', events } = make();
        await expect(store.append(stream, revision, events)).rejects.toBeInstanceOf(InvalidAppend);
        expect(await store.append(aStream(), 'no_stream', someEvents(1))).toMatchObject({ ok: true });
      },
    }),
  ),
  {
    name: 'takes as many events as one append may carry',
    async run({ store }) {
      const stream = aStream();
      const events = someEvents(maxEventsPerAppend);
      expect(await store.append(stream, 'no_stream', events)).toMatchObject({ revision: maxEventsPerAppend - 1 });
      expect(idsOf(await store.readStream(stream))).toEqual(idsOf(events));
    },
  },
  {
    name: 'takes the largest appends that are possible, of one event and of many',
    async run({ store }) {
      const bytesOf = (event: NewEvent) => JSON.stringify(event.data).length + JSON.stringify(event.metadata).length;
      const empty = anEvent({ type: 'T'.repeat(128), data: '' });
      const largest = { ...empty, data: 'x'.repeat(maxEventBytes - bytesOf(empty)) };
      const appends = [[largest], eventsOfBytes(maxAppendBytes, 7), eventsOfBytes(maxAppendBytes, maxEventsPerAppend)];
      for (const events of appends) {
        const stream = aStream();
        expect(await store.append(stream, 'no_stream', events)).toMatchObject({ revision: events.length - 1 });
        const read = await store.readStream(stream);
        // Compared one by one: a failing comparison of a megabyte would print it.
        expect(read).toHaveLength(events.length);
        expect(read.every((event, index) => event.data === events[index]?.data)).toBe(true);
      }
    },
  },
  {
    name: 'tells streams apart whose names differ in capitals or length only',
    async run({ store }) {
      const stream = aStream();
      const names = [stream, stream.toUpperCase(), `${stream}0`, stream.slice(0, -1)];
      for (const name of names) {
        const own = { ...anEvent(), data: { name } };
        expect(await store.append(name, 'no_stream', [own])).toMatchObject({ ok: true, revision: 0 });
      }
      for (const name of names) expect(await store.readStream(name)).toMatchObject([{ stream: name, data: { name } }]);
    },
  },
  {
    name: 'takes a stream that is the only one of its category',
    async run({ store }) {
      const stream = `queue${randomUUID().replaceAll('-', '')}`;
      expect(await store.append(stream, 'no_stream', someEvents(1))).toMatchObject({ ok: true, revision: 0 });
      expect(await store.readStream(stream)).toMatchObject([{ stream }]);
    },
  },
];

export const appendCases: readonly ContractCase[] = [...concurrency, ...idempotency, ...validation];
