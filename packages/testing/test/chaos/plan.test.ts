import { expect, test } from 'vitest';
import { planActs } from '../../chaos/acts.ts';
import { readOptions } from '../../chaos/options.ts';
import { createRandom, mixOf } from '../../chaos/random.ts';

const plan = (seed: number, hasEventStore = false) =>
  planActs({ kills: 40, hasEventStore, random: createRandom(seed) });

test('the same seed plans the same acts in the same order, another one others', () => {
  expect(plan(7)).toEqual(plan(7));
  expect(plan(7)).not.toEqual(plan(8));
});

test('there are as many kills as asked for, over every kind of process, and half as many pauses', () => {
  const acts = plan(1);
  expect(acts.filter((act) => act.startsWith('kill'))).toHaveLength(40);
  expect(acts.filter((act) => act.startsWith('pause'))).toHaveLength(20);
  for (const process of ['server', 'leader', 'worker', 'nats-server', 'build', 'several']) {
    expect(acts).toContain(`kill ${process}`);
    expect(acts).toContain(`pause ${process}`);
  }
  for (const end of ['supervisor', 'everything', 'everything, delete streams']) expect(acts).toContain(`kill ${end}`);
});

test('a server of an event store is struck only where there is one', () => {
  const ofEventStore = (acts: readonly string[]) => acts.filter((act) => act.endsWith('event-store'));
  expect(ofEventStore(plan(1))).toEqual([]);
  expect(ofEventStore(plan(1, true)).length).toBeGreaterThan(1);
});

test('a mix has every kind once before it has one twice', () => {
  const weights = { often: 100, seldom: 1, never: 0 };
  const random = createRandom(1);
  expect(mixOf(weights, { total: 2, random }).toSorted()).toEqual(['often', 'seldom']);
  expect(new Set(mixOf(weights, { total: 500, random }))).toEqual(new Set(['often', 'seldom']));
});

test('options that do not fit are named', () => {
  expect(readOptions(['--builds', '30', '--seed', '5'])).toMatchObject({
    builds: 30,
    kills: 100,
    seed: 5,
    keep: false,
  });
  expect(() => readOptions(['--kills', 'many'])).toThrow('--kills: it must be a whole number from 0');
  expect(() => readOptions(['--store', 'mysql'])).toThrow('--store: it must be sqlite or eventstoredb');
});
