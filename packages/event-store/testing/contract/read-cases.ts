import type { AppendResult, Position } from '@yardmaster/application';
import { expect } from 'vitest';
import { maxDataDepth } from '../../src/prepare-append.ts';
import { anEvent, aStream, idsOf, someEvents } from '../an-event.ts';
import { after, type ContractCase, readEverything } from './contract-case.ts';

function positionOf(result: AppendResult): Position {
  if (!result.ok) throw new Error(`The append was refused at ${result.actualRevision}.`);
  return result.position;
}

const streams: readonly ContractCase[] = [
  {
    name: 'reads a stream that does not exist as empty',
    async run({ store }) {
      expect(await store.readStream(aStream())).toEqual([]);
      expect(await store.readStream(aStream(), { fromRevision: 5, limit: 2 })).toEqual([]);
    },
  },
  {
    name: 'reads a stream from a revision and up to a limit',
    async run({ store }) {
      const stream = aStream();
      await store.append(stream, 'no_stream', someEvents(10));
      const revisions = async (options: { fromRevision?: number; limit?: number }) =>
        (await store.readStream(stream, options)).map((event) => event.revision);
      expect(await revisions({ fromRevision: 7 })).toEqual([7, 8, 9]);
      expect(await revisions({ limit: 2 })).toEqual([0, 1]);
      expect(await revisions({ fromRevision: 4, limit: 3 })).toEqual([4, 5, 6]);
      expect(await revisions({ fromRevision: 9, limit: 100 })).toEqual([9]);
      expect(await revisions({ fromRevision: 10 })).toEqual([]);
    },
  },
  {
    name: 'reads a stream of thousands of events whole',
    async run({ store }) {
      const stream = aStream();
      for (let revision = -1; revision < 2_499; revision += 250) {
        await store.append(stream, revision === -1 ? 'no_stream' : revision, someEvents(250));
      }
      expect((await store.readStream(stream)).map((event) => event.revision)).toEqual([...Array(2_500).keys()]);
    },
  },
  {
    name: 'gives back what was appended, and where and when it was stored',
    async run({ store }) {
      const stream = aStream();
      const event = anEvent({
        type: 'BuildRequested',
        data: { list: [1, 2.5, -3e10, null, true, ''], nested: { a: {} } },
      });
      const before = Date.now();
      const result = await store.append(stream, 'no_stream', [event]);
      const [recorded] = await store.readStream(stream);
      expect(recorded).toEqual({
        ...event,
        stream,
        revision: 0,
        position: positionOf(result),
        recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      });
      // A store on another machine has another clock: a minute apart is still the same moment.
      expect(Math.abs(Date.parse(recorded?.recordedAt ?? '') - before)).toBeLessThan(60_000);
    },
  },
  {
    name: 'gives back metadata exactly',
    async run({ store }) {
      const stream = aStream();
      const event = anEvent({
        metadata: {
          stream,
          actor: { kind: 'user', userId: 'u_1-A' as never },
          causationId: 'cause/\u00fc',
          from: { running: { preview: 'up' } },
          to: 'completed',
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        },
      });
      await store.append(stream, 'no_stream', [event]);
      expect((await store.readStream(stream))[0]?.metadata).toStrictEqual(event.metadata);
    },
  },
  {
    name: 'gives back every Unicode text',
    async run({ store }) {
      const stream = aStream();
      const text =
        '\u0000\t\n"\\ \u00e9 e\u0301 \u{1f680} \u202e \u2028 \ufeff \ud7ff \u{10ffff} \ud800 \u65e5\u672c\u8a9e';
      await store.append(stream, 'no_stream', [anEvent({ data: { text, [text]: 1 } })]);
      expect((await store.readStream(stream))[0]?.data).toStrictEqual({ text, [text]: 1 });
    },
  },
  {
    name: 'gives back every number, and data of every form',
    async run({ store }) {
      const stream = aStream();
      const data = [
        [0, 1, -1, 0.1, 1e21, 1e-7, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
        [Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, Number.EPSILON, 2 ** 53, 123_456_789.123_456_79],
        ...[null, true, false, 0, '', 'text', [], {}, [[[]]], [{}, [null]]],
        // A property of its own, as only JSON makes it.
        JSON.parse('{"__proto__":{"a":1},"constructor":2,"":3,"10":4,"b":5,"a":6}'),
        Array.from({ length: maxDataDepth - 1 }).reduce((inner) => [inner], 'deep'),
      ];
      const events = data.map((one) => anEvent({ data: one }));
      await store.append(stream, 'no_stream', events);
      const read = await store.readStream(stream);
      // As texts too, since an object of which "__proto__" is a property compares like one without.
      expect(read.map((event) => JSON.stringify(event.data))).toEqual(data.map((one) => JSON.stringify(one)));
      expect(read.map((event) => event.data)).toStrictEqual(data);
    },
  },
  {
    name: 'gives back large events',
    async run({ store }) {
      const stream = aStream();
      const events = Array.from({ length: 8 }, (_, index) => anEvent({ data: { log: String(index).repeat(900_000) } }));
      for (const [index, event] of events.entries()) {
        await store.append(stream, index === 0 ? 'no_stream' : index - 1, [event]);
      }
      const read = await store.readStream(stream);
      expect(idsOf(read)).toEqual(idsOf(events));
      // Compared one by one: a failing comparison of megabytes would print them.
      expect(read.every((event, index) => JSON.stringify(event.data) === JSON.stringify(events[index]?.data))).toBe(
        true,
      );
    },
  },
  {
    name: 'is not changed through what it was given or has given out',
    async run({ store }) {
      const stream = aStream();
      const data = { list: [1] };
      const appended = store.append(stream, 'no_stream', [anEvent({ data })]);
      data.list.push(2);
      await appended;
      const [read] = await store.readStream(stream);
      (read as { readonly data: typeof data }).data.list.push(3);
      expect((await store.readStream(stream))[0]?.data).toEqual({ list: [1] });
    },
  },
];

const whole: readonly ContractCase[] = [
  {
    name: 'has no last position while it is empty',
    async run({ store }) {
      expect(await store.lastPosition()).toBeNull();
      expect(await store.readAll({ limit: 10 })).toEqual([]);
      await store.append(aStream(), 'no_stream', someEvents(1));
      expect(await store.lastPosition()).not.toBeNull();
    },
  },
  {
    name: 'has the position of the last event as its last position',
    async run({ store }) {
      const result = await store.append(aStream(), 'no_stream', someEvents(3));
      expect(await store.lastPosition()).toBe(positionOf(result));
      await store.append(aStream(), 4, someEvents(1));
      expect(await store.lastPosition()).toBe(positionOf(result));
    },
  },
  {
    name: 'reads the whole in the order of the appends, in pages, each after the last position of the one before',
    async run({ store }) {
      const start = await store.lastPosition();
      const [a, b] = [aStream('website'), aStream()];
      const events = someEvents(7);
      await store.append(a, 'no_stream', events.slice(0, 2));
      await store.append(b, 'no_stream', events.slice(2, 5));
      await store.append(a, 1, events.slice(5));
      const first = await store.readAll({ ...after(start), limit: 3 });
      const second = await store.readAll({ ...after(first.at(-1)?.position ?? null), limit: 3 });
      const third = await store.readAll({ ...after(second.at(-1)?.position ?? null), limit: 3 });
      expect([first, second, third].map(idsOf)).toEqual([
        idsOf(events.slice(0, 3)),
        idsOf(events.slice(3, 6)),
        idsOf(events.slice(6)),
      ]);
      expect([...first, ...second, ...third].map((event) => event.stream)).toEqual([a, a, b, b, b, a, a]);
      expect(await store.readAll({ ...after(third.at(-1)?.position ?? null), limit: 3 })).toEqual([]);
    },
  },
  {
    name: 'reads nothing after the position that an append returned',
    async run({ store }) {
      const result = await store.append(aStream(), 'no_stream', someEvents(3));
      expect(await store.readAll({ after: positionOf(result), limit: 10 })).toEqual([]);
    },
  },
  {
    name: 'gives an event the same position in its stream as in the whole',
    async run({ store }) {
      const start = await store.lastPosition();
      const stream = aStream();
      await store.append(stream, 'no_stream', someEvents(4));
      expect(await store.readStream(stream)).toEqual(await store.readAll({ ...after(start), limit: 10 }));
    },
  },
  {
    name: 'orders positions totally',
    async run({ store }) {
      const start = await store.lastPosition();
      await Promise.all(Array.from({ length: 30 }, () => store.append(aStream(), 'no_stream', someEvents(2))));
      const positions = (await readEverything(store, start)).map((event) => event.position);
      expect(positions).toHaveLength(60);
      for (const [i, a] of positions.entries()) {
        for (const [j, b] of positions.entries())
          expect(Math.sign(store.comparePositions(a, b))).toBe(Math.sign(i - j));
      }
    },
  },
];

export const readCases: readonly ContractCase[] = [...streams, ...whole];
