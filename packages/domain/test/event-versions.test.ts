import { deciders, NewerSchemaVersion, upcaster, versionedEvents } from '@yardmaster/domain';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';

/** An event that was first stored with a name, then with words, and now with words and their number. */
const Named = z.object({
  type: z.literal('Named'),
  data: z.object({ words: z.array(z.string()), count: z.int() }),
});
const Forgotten = z.object({ type: z.literal('Forgotten'), data: z.object({}) });

const named = versionedEvents(z.discriminatedUnion('type', [Named, Forgotten]), {
  Named: [
    upcaster(z.object({ name: z.string() }), ({ name }) => ({ words: name.split(' ') })),
    upcaster(z.object({ words: z.array(z.string()) }), ({ words }) => ({ words, count: words.length })),
  ],
});
const current = { type: 'Named', data: { words: ['Ada', 'Lovelace'], count: 2 } };

describe('an event with upcasters', () => {
  test.each([
    [1, { name: 'Ada Lovelace' }],
    [2, { words: ['Ada', 'Lovelace'] }],
    [3, { words: ['Ada', 'Lovelace'], count: 2 }],
  ])('of schema version %i is read in its current shape', (version, data) => {
    expect(named.parseEvent('Named', data, version)).toEqual(current);
  });

  test('is recorded in the version after its last upcaster, one without upcasters in the first', () => {
    expect(['Named', 'Forgotten'].map((type) => named.schemaVersion({ type } as never))).toEqual([3, 1]);
  });

  test('is refused in a version that this program does not know yet', () => {
    const read = () => named.parseEvent('Named', { anything: 'at all' }, 4);
    expect(read).toThrow(NewerSchemaVersion);
    expect(read).toThrow('Named has schema version 4, and this program knows up to 3: it is older than the event.');
  });

  test.each([0, -1, Number.NaN])('is refused in version %d, which none can have', (version) => {
    expect(() => named.parseEvent('Named', { name: 'Ada' }, version)).toThrow(RangeError);
  });

  test.each([
    ['of its version', 1, { words: ['Ada'] }],
    ['of the version between', 2, { words: 'Ada' }],
    ['of today', 3, { words: ['Ada'], count: 'one' }],
  ])('is refused with data that no event %s has', (_, version, data) => {
    expect(() => named.parseEvent('Named', data, version)).toThrow(z.ZodError);
  });

  test('leaves the stored data as it is', () => {
    const stored = Object.freeze({ name: 'Ada Lovelace' });
    named.parseEvent('Named', stored, 1);
    expect(stored).toEqual({ name: 'Ada Lovelace' });
  });
});

test('a result that is no data of the next version is refused, and not handed on', () => {
  const careless = versionedEvents(Named, {
    Named: [() => ({ words: 'Ada' }), upcaster(z.object({ words: z.array(z.string()) }), ({ words }) => ({ words }))],
  });
  expect(() => careless.parseEvent('Named', {}, 1)).toThrow(z.ZodError);
});

describe.each(deciders)('the events of $category', (decider) => {
  test.each(decider.eventTypes)('%s: known up to the version in which it is recorded, and no further', (type) => {
    const version = decider.schemaVersion({ type });
    expect(version).toBeGreaterThanOrEqual(1);
    expect(() => decider.parseEvent(type, {}, version + 1)).toThrow(NewerSchemaVersion);
  });
});

test('every category has one model', () => {
  expect(new Set(deciders.map(({ category }) => category)).size).toBe(deciders.length);
});
