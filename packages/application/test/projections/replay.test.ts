import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventStore } from '../../src/ports/event-store.ts';
import { createHistory } from './build-history.ts';
import { cutBatches } from './cut-batches.ts';
import { killAfterDots } from './kill-after-dots.ts';
import { contentsOf, opened, started, temporaryFile } from './opened-read-models.ts';
import { manyChoices, playRandomly } from './random-history.ts';

async function projectedAtOnce(store: EventStore) {
  const file = temporaryFile();
  await (await started(store, { file })).stop();
  return contentsOf(file);
}

/** Projects so many batches, at most, and stops. */
async function projectSome(store: EventStore, { file, batches }: { file: string; batches: number }): Promise<void> {
  const readModels = opened(store, { file });
  const enough = Promise.withResolvers<void>();
  let seen = 0;
  readModels.onBatch(() => {
    seen += 1;
    if (seen === batches) enough.resolve();
  });
  await Promise.race([enough.promise, readModels.start()]).catch(() => {});
  await readModels.stop();
}

test('any cut into batches and any stops in between make the same tables, row for row', async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
  const stops = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(manyChoices, cuts, stops, async (choices, sizes, batchesBeforeStop) => {
      const history = createHistory();
      await playRandomly(history, choices);
      const file = temporaryFile();
      const store = cutBatches(history.store, sizes);
      for (const batches of batchesBeforeStop) await projectSome(store, { file, batches });
      await (await started(store, { file })).stop();
      const contents = contentsOf(file);
      expect(contents.jobs).not.toEqual([]);
      expect(contents).toEqual(await projectedAtOnce(history.store));
    }),
    { numRuns: 15 },
  );
});

test('killed at any point, it goes on to the same tables as a fresh replay', async () => {
  const choices = fc.sample(manyChoices, { numRuns: 1, seed: 7 })[0] ?? [];
  const history = createHistory();
  await playRandomly(history, choices);
  const expected = await projectedAtOnce(history.store);
  const script = new URL('./project-until-killed.ts', import.meta.url);
  for (const batchesBeforeKill of [1, 20, 45]) {
    const file = temporaryFile();
    await killAfterDots(script, [file, JSON.stringify(choices)], batchesBeforeKill);
    const readModels = opened(history.store, { file });
    expect(readModels.position()).not.toBeNull();
    await readModels.start();
    await readModels.stop();
    expect(contentsOf(file)).toEqual(expected);
  }
});

test('ten thousand waiting builds are projected quickly, and listed and placed from memory', async () => {
  const waiting = 10_000;
  const history = createHistory();
  for (let n = 0; n < waiting; n++) {
    history.clock.advance(10);
    await history.request(`job-${n}`, { priority: n % 10 });
  }
  const beganAt = performance.now();
  const readModels = await started(history.store);
  const projectedMs = performance.now() - beganAt;
  const nowMs = history.clock.now().getTime();

  const askedAt = performance.now();
  const places = readModels.queuePlaces(nowMs);
  const openJobs = readModels.openJobs();
  for (let n = 0; n < 100; n++) {
    readModels.queuePlaces(nowMs);
    readModels.openJobs();
  }
  const askedMs = performance.now() - askedAt;
  expect(places.size).toBe(waiting);
  expect(openJobs.length).toBe(waiting);
  expect(readModels.statistics(null).waiting).toBe(waiting);
  // An order of magnitude above what a busy machine needs: reading the jobs from the file each time takes far longer.
  expect(projectedMs).toBeLessThan(20_000);
  expect(askedMs).toBeLessThan(1_000);
  process.stdout.write(
    `${waiting} jobs: projected in ${projectedMs.toFixed()} ms, asked in ${askedMs.toFixed(1)} ms\n`,
  );
}, 60_000);
