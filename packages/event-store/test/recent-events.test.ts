import type { RecordedEvent } from '@yardmaster/application';
import { expect, test } from 'vitest';
import { createRecentEvents, maxRecentEvents } from '../src/sqlite/recent-events.ts';

// Only positions matter here.
const batchAfter = (after: number, count: number, characters = 10) => ({
  after,
  characters,
  events: Array.from({ length: count }, (_, index) => ({ position: String(after + 1 + index) }) as RecordedEvent),
});
const positions = (events: readonly RecordedEvent[] | undefined) => events?.map((event) => Number(event.position));

test('hands out what follows a position, batch by batch', () => {
  const recent = createRecentEvents(10);
  recent.add(batchAfter(10, 2));
  recent.add(batchAfter(12, 3));
  expect(positions(recent.after(10))).toEqual([11, 12]);
  expect(positions(recent.after(11))).toEqual([12]);
  expect(positions(recent.after(12))).toEqual([13, 14, 15]);
  expect(positions(recent.after(14))).toEqual([15]);
  expect(recent.after(15)).toEqual([]);
});

test('sends whoever is further behind to the store', () => {
  const recent = createRecentEvents(10);
  recent.add(batchAfter(10, 2));
  expect(recent.after(9)).toBeUndefined();
  recent.skipTo(20);
  expect(recent.after(11)).toBeUndefined();
  expect(recent.after(20)).toEqual([]);
});

test('ignores what it knows already, and refuses a gap', () => {
  const recent = createRecentEvents(10);
  recent.add(batchAfter(10, 2));
  recent.skipTo(11);
  expect(positions(recent.after(10))).toEqual([11, 12]);
  expect(() => recent.add(batchAfter(13, 1))).toThrow('cannot follow');
});

test('holds a bounded number of events and of characters, and always the last batch', () => {
  const recent = createRecentEvents(0);
  for (let after = 0; after < 3 * maxRecentEvents; after += 100) recent.add(batchAfter(after, 100));
  const last = recent.lastPosition;
  expect(recent.after(last - maxRecentEvents - 100)).toBeUndefined();
  expect(recent.after(last - maxRecentEvents + 200)).toBeDefined();
  recent.add(batchAfter(last, 1, 1_000_000_000));
  expect(recent.after(last - 1)).toBeUndefined();
  expect(positions(recent.after(last))).toEqual([last + 1]);
});
