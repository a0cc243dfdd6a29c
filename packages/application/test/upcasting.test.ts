import { randomUUID } from 'node:crypto';
import { accept, type Decider, upcaster, versionedEvents } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findBrokenLink } from '../src/hash-chain.ts';
import { systemClock } from '../src/ports/clock.ts';
import type { EventStore } from '../src/ports/event-store.ts';
import { createStreamActors } from '../src/stream-actor.ts';
import { verifyStore } from '../src/use-cases/verify-store.ts';

/** One category in two versions of a program: readings were stored as text first, and are numbers now. */
type Reading = { readonly type: 'Read'; readonly data: { readonly celsius: number } };
interface Read {
  readonly type: 'Read';
  readonly celsius: number;
}

const OldData = z.object({ text: z.string() });
const OldReading = z.object({ type: z.literal('Read'), data: OldData });
const NewReading = z.object({ type: z.literal('Read'), data: z.object({ celsius: z.number() }) });

const shared = { category: 'thermometer', stateValue: (celsius: number) => (celsius > 0 ? 'warm' : 'frost') };
const oldProgram: Decider<number, Read, z.infer<typeof OldReading>> = {
  ...shared,
  machineVersion: 1,
  initialState: () => 0,
  decide: ({ celsius }) => accept({ type: 'Read', data: { text: `${celsius} °C` } }),
  evolve: (_, { data }) => ({ ok: true, state: Number.parseFloat(data.text) }),
  ...versionedEvents(OldReading, {}),
};
const newProgram: Decider<number, Read, Reading> = {
  ...shared,
  machineVersion: 2,
  initialState: () => 0,
  decide: ({ celsius }) => accept({ type: 'Read', data: { celsius } }),
  evolve: (_, { data }) => ({ ok: true, state: data.celsius }),
  ...versionedEvents(NewReading, {
    Read: [upcaster(OldData, ({ text }) => ({ celsius: Number.parseFloat(text) }))],
  }),
};

const byTest = { actor: { kind: 'system', name: 'test' } } as const;
const stream = 'thermometer-1';

function running<Event extends { readonly type: 'Read'; readonly data: unknown }>(
  decider: Decider<number, Read, Event>,
  store: EventStore,
) {
  const actors = createStreamActors({ decider, store, clock: systemClock, newId: randomUUID, random: () => 0 });
  return {
    read: (celsius: number) => actors.handle('1', { type: 'Read', celsius }, byTest),
    load: () => actors.load('1'),
  };
}

describe('a stream that an older version of the program began', () => {
  async function aMixedStore() {
    const store = createMemoryEventStore();
    await running(oldProgram, store).read(21.5);
    await running(oldProgram, store).read(-3);
    await running(newProgram, store).read(7);
    return store;
  }

  it('is replayed in its current shape, and goes on in it', async () => {
    const store = await aMixedStore();
    expect(await running(newProgram, store).load()).toMatchObject({ state: 7, revision: 2 });
    const stored = await store.readStream(stream);
    expect(stored.map(({ data, metadata }) => [metadata.schemaVersion, data])).toEqual([
      [1, { text: '21.5 °C' }],
      [1, { text: '-3 °C' }],
      [2, { celsius: 7 }],
    ]);
  });

  it('keeps its chain, which is over what is stored', async () => {
    expect(findBrokenLink(await (await aMixedStore()).readStream(stream))).toBeNull();
  });

  it('is verified as sound, with its older events counted', async () => {
    const report = await verifyStore({ store: await aMixedStore(), deciders: [newProgram] });
    expect(report).toMatchObject({ events: 3, findings: 0 });
    expect(report.otherVersions).toEqual([
      { kind: 'model', of: 'thermometer', version: 1, current: 2, events: 2 },
      { kind: 'schema', of: 'Read', version: 1, current: 2, events: 2 },
    ]);
  });

  it('drifts for the older version, which says that it is older than the event', async () => {
    const store = await aMixedStore();
    const reason =
      'Read has schema version 2, and this program knows up to 1: it is older than the event.' +
      ' It was recorded by version 2 of the model; this program has 1.';
    await expect(running(oldProgram, store).load()).rejects.toMatchObject({
      code: 'stream-drift',
      revision: 2,
      reason,
    });
    const { named } = await verifyStore({ store, deciders: [oldProgram] });
    expect(named).toEqual([{ kind: 'drift', stream, revision: 2, reason }]);
  });
});
