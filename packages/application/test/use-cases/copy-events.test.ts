import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxAppendBytes, maxEventsPerAppend } from '../../src/ports/event-store.ts';
import type { CopyProgress } from '../../src/use-cases/copy-events.ts';
import { createHistory } from '../projections/build-history.ts';
import { killAfterDots } from '../projections/kill-after-dots.ts';
import { temporaryFile } from '../projections/opened-read-models.ts';
import { manyChoices, playRandomly } from '../projections/random-history.ts';
import {
  chained,
  copy,
  keptIn,
  openEmpty,
  openSqlite,
  startEventStoreDb,
  tablesOf,
  watchAppends,
} from './copied-stores.ts';

type Kind = keyof typeof openEmpty;
const routes: readonly (readonly [Kind, Kind])[] = [
  ['SQLite', 'EventStoreDB'],
  ['EventStoreDB', 'SQLite'],
  ['SQLite', 'SQLite'],
  ['EventStoreDB', 'EventStoreDB'],
];

/** Every append is a flush to a disk that other tests use too. */
const slow = { timeout: 120_000 } as const;

describe.each(routes)('from %s to %s', slow, (source, target) => {
  test('any history arrives whole and in order, and gives the same read models, row for row', async () => {
    await fc.assert(
      fc.asyncProperty(manyChoices, async (choices) => {
        const history = createHistory();
        await playRandomly(history, choices);
        const [from, to] = [await openEmpty[source](), await openEmpty[target]()];
        const there = await copy(history.store, from);
        const further = await copy(from, to);
        expect(further).toEqual(there);
        expect(further).toMatchObject({ status: 'completed', copied: there.copied, sourceGrew: false });
        expect(await keptIn(to)).toEqual(await keptIn(history.store));
        const tables = await tablesOf(to);
        expect(tables.jobs).not.toEqual([]);
        expect(tables).toEqual(await tablesOf(history.store));
      }),
      { numRuns: 3 },
    );
  });

  test('stopped between any two appends, it goes on from there', async () => {
    const stops = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(manyChoices, stops, async (choices, appendsBeforeStop) => {
        const history = createHistory();
        await playRandomly(history, choices);
        const [from, to] = [await openEmpty[source](), await openEmpty[target]()];
        await copy(history.store, from);
        let copied = 0;
        for (const appends of appendsBeforeStop) {
          const stopping = new AbortController();
          const { store } = watchAppends(to, (sizes) => sizes.length === appends && stopping.abort());
          const result = await copy(from, store, { signal: stopping.signal });
          copied += result.copied;
          if (result.status === 'interrupted') expect((await keptIn(to)).length).toBe(copied);
        }
        const last = await copy(from, to);
        const events = await keptIn(history.store);
        expect(last).toMatchObject({ status: 'completed', events: events.length, copied: events.length - copied });
        expect(await keptIn(to)).toEqual(events);
      }),
      { numRuns: 3 },
    );
  });
});

describe.each(['SQLite', 'EventStoreDB'] as const)('a copy to %s', slow, (target) => {
  test('that was killed again and again ends as one that was not', async () => {
    const [choices = []] = fc.sample(manyChoices, { numRuns: 1, seed: 7 });
    const history = createHistory();
    await playRandomly(history, choices);
    const sourceFile = temporaryFile('source.sqlite');
    const from = await openSqlite(sourceFile);
    await copy(history.store, from);
    const toFile = temporaryFile('target.sqlite');
    const { url, store: to } =
      target === 'SQLite' ? { url: toFile, store: await openSqlite(toFile) } : await startEventStoreDb();
    const script = new URL('./copy-until-killed.ts', import.meta.url);
    const events = await keptIn(from);
    for (let kill = 0; kill < 3; kill++) {
      const left = events.length - (await keptIn(to)).length;
      await killAfterDots(script, [sourceFile, url], 2 + Math.floor(Math.random() * (left / 20)));
    }
    const held = (await keptIn(to)).length;
    expect(held).toBeGreaterThan(0);
    const expected = { ...(await copy(from, await openSqlite())), copied: events.length - held };
    expect(await copy(from, to)).toEqual(expected);
    expect(await keptIn(to)).toEqual(events);
  });
});

describe('a copy', () => {
  test('of a store that is empty is complete', async () => {
    const result = await copy(await openEmpty.memory(), await openEmpty.memory());
    expect(result).toMatchObject({ status: 'completed', events: 0, copied: 0, streams: 0 });
  });

  test('appends what follows one another in a stream together, as far as appends go', async () => {
    const [from, to] = [await openEmpty.memory(), watchAppends(await openEmpty.memory())];
    const many = chained('thing-many', Array(maxEventsPerAppend + 20).fill({ thing: 1 }));
    await from.append('thing-many', 'no_stream', many.slice(0, maxEventsPerAppend));
    await from.append('thing-many', maxEventsPerAppend - 1, many.slice(maxEventsPerAppend));
    const large = chained('thing-large', Array(4).fill({ text: 'ü'.repeat(maxAppendBytes / 5) }));
    await from.append('thing-large', 'no_stream', large.slice(0, 2));
    await from.append('thing-large', 1, large.slice(2));
    await from.append('thing-small', 'no_stream', chained('thing-small', [1, 2]));
    expect(await copy(from, to.store)).toMatchObject({ status: 'completed', copied: maxEventsPerAppend + 26 });
    expect(to.sizes).toEqual([maxEventsPerAppend, 20, 2, 2, 2]);
    expect(await keptIn(to.store)).toEqual(await keptIn(from));
  });

  test('that is repeated appends nothing, and tells the same digest', async () => {
    const [from, to] = [await openEmpty.memory(), await openEmpty.memory()];
    await from.append('thing-1', 'no_stream', chained('thing-1', [1, 2, 3]));
    const first = await copy(from, to);
    const again = watchAppends(to);
    expect(await copy(from, again.store)).toEqual({ ...first, copied: 0 });
    expect(again.sizes).toEqual([]);
  });

  test('takes along what the source gets meanwhile, and tells of what it gets later', async () => {
    const [from, to] = [await openEmpty.memory(), await openEmpty.memory()];
    await from.append('thing-1', 'no_stream', chained('thing-1', [1, 2, 3]));
    const seen: CopyProgress['phase'][] = [];
    const appendOnce = async (stream: string) => void (await from.append(stream, 'no_stream', chained(stream, [1])));
    const growing: Promise<void>[] = [];
    const result = await copy(from, to, {
      onProgress({ phase }) {
        if (seen.includes(phase)) return;
        seen.push(phase);
        growing.push(appendOnce(`thing-while-${phase}`));
      },
    });
    await Promise.all(growing);
    expect(result).toMatchObject({ status: 'completed', events: 5, copied: 5, sourceGrew: true });
    expect(await copy(from, to)).toMatchObject({ status: 'completed', events: 6, copied: 1, sourceGrew: false });
  });
});
