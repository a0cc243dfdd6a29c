import { readFileSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { JobId, orderQueue } from '@yardmaster/domain';
import { anEvent } from '@yardmaster/event-store/testing';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { EventStoreUnavailable, type Position } from '../../src/ports/event-store.ts';
import { followRetryDelayMs } from '../../src/projections/follow-log.ts';
import { queuePlacesStepMs } from '../../src/projections/open-builds.ts';
import { ada, createHistory } from './build-history.ts';
import { createManualClock } from './manual-clock.ts';
import { contentsOf, opened, recordingLog, settled, started, temporaryFile } from './opened-read-models.ts';
import { manyChoices, playRandomly } from './random-history.ts';

const someTime = '2026-03-01T08:00:00.000Z';

test('waits for a position until the batch that holds it is committed', async () => {
  const history = createHistory();
  const clock = createManualClock(someTime);
  const readModels = await started(history.store, { clock });
  expect(readModels.position()).toBeNull();
  const first = readModels.waitFor('1' as Position, { timeoutMs: 1_000 });
  const never = readModels.waitFor('1000' as Position, { timeoutMs: 1_000 });
  const id = await history.request('job-1');
  expect(await first).toBe(true);
  expect(readModels.job(id)?.status).toBe('queued');
  expect(await readModels.waitFor('2' as Position, { timeoutMs: 0 })).toBe(true);
  clock.advance(1_000);
  expect(await never).toBe(false);

  const unmet = readModels.waitFor('1000' as Position, { timeoutMs: 1_000 });
  await readModels.stop();
  await readModels.stop();
  expect(await unmet).toBe(false);
  expect(await readModels.waitFor('1' as Position, { timeoutMs: 1_000 })).toBe(false);
  expect(clock.timers).toBe(0);
});

test('tells listeners of every batch, in order, after its commit, also while it catches up', async () => {
  const history = createHistory();
  await history.request('job-1');
  const { log, errors } = recordingLog();
  const readModels = opened(history.store, { log });
  const seen: string[] = [];
  const broken = readModels.onBatch(() => {
    throw new Error('A listener of no use.');
  });
  const listening = readModels.onBatch((batch) => {
    seen.push(...batch.map(({ position }) => position));
    expect(readModels.position()).toBe(batch.at(-1)?.position);
    expect(readModels.job(JobId.parse('job-1'))).not.toBeNull();
  });
  await readModels.start();
  await broken.stop();
  await history.claim(JobId.parse('job-1'));
  await settled(readModels, history.store);
  await listening.stop();
  await history.complete(JobId.parse('job-1'));
  await settled(readModels, history.store);
  expect(seen).toEqual(['1', '2', '3', '4']);
  expect(errors.map(({ message }) => message)).toEqual(['A listener to projected events threw.']);
});

test('places waiting builds as the domain orders them, at every moment', async () => {
  await fc.assert(
    fc.asyncProperty(manyChoices, fc.array(fc.nat(1_800_000), { minLength: 3 }), async (choices, delays) => {
      const history = createHistory();
      await playRandomly(history, choices);
      const readModels = await started(history.store);
      for (const delayMs of [0, 0, ...delays]) {
        const nowMs = history.clock.now().getTime() + delayMs;
        const waiting = readModels
          .openJobs()
          .filter(({ state }) => state === 'queued' || state === 'backingOff')
          .map(({ id, priority, queuedAt }) => ({ jobId: id, priority, queuedAtMs: Date.parse(queuedAt ?? '') }));
        const places = readModels.queuePlaces(nowMs);
        const order = orderQueue(waiting, nowMs - (nowMs % queuePlacesStepMs));
        expect([...places.keys()]).toEqual(order.map(({ jobId }) => jobId));
        for (const [index, { jobId, priority }] of order.entries()) {
          const ahead = order.slice(0, index).filter((other) => other.priority > priority).length;
          expect(places.get(jobId)).toMatchObject({ position: index + 1, aheadOfHigherPriority: ahead });
        }
      }
      await readModels.stop();
    }),
    { numRuns: 20 },
  );
});

test('queue places follow each batch', async () => {
  const history = createHistory();
  const readModels = await started(history.store);
  const nowMs = history.clock.now().getTime();
  const order = async () => {
    await settled(readModels, history.store);
    return [...readModels.queuePlaces(nowMs).keys()];
  };
  const [a, b] = [await history.request('a'), await history.request('b')];
  expect(await order()).toEqual([a, b]);
  await history.command(b, { type: 'ChangePriority', priority: 9 });
  expect(await order()).toEqual([b, a]);
  await history.advance(b);
  expect(await order()).toEqual([a]);
  await history.command(b, { type: 'WithdrawDispatch', attempt: 1, reason: 'Nobody came.' });
  expect(await order()).toEqual([b, a]);
});

test('sets aside a stream with an event that makes no sense, and goes on with all others', async () => {
  const history = createHistory();
  const { store } = history;
  const { log, errors } = recordingLog();
  const file = temporaryFile();
  const spoilt = await history.request('spoilt');
  const metadata = (stream: string, revision: number) => ({ stream, revision });
  await store.append('buildJob-spoilt', 1, [
    anEvent({ type: 'PriorityChanged', data: { priority: 'high' }, metadata: metadata('buildJob-spoilt', 2) }),
    anEvent({ type: 'PriorityChanged', data: { priority: 7 }, metadata: metadata('buildJob-spoilt', 3) }),
  ]);
  await store.append('buildJob-headless', 'no_stream', [anEvent({ type: 'BuildQueued', data: {} })]);
  await store.append('website-unknown', 'no_stream', [anEvent({ type: 'WebsiteExploded', data: {} })]);
  await store.append('queue', 'no_stream', [anEvent({ type: 'QueuePaused', data: {} })]);
  const sound = await history.request('sound');
  const readModels = await started(store, { file, log });

  const quarantined = [
    { stream: 'buildJob-spoilt', revision: 2, position: '3', type: 'PriorityChanged' },
    { stream: 'buildJob-headless', revision: 0, position: '5', type: 'BuildQueued' },
    { stream: 'website-unknown', revision: 0, position: '6', type: 'WebsiteExploded' },
  ];
  expect(readModels.quarantined()).toMatchObject(quarantined);
  const reasons = readModels.quarantined().map(({ reason }) => reason);
  expect(reasons[0]).toMatch(/^schema: /);
  expect(reasons[1]).toBe('jobs: buildJob-headless does not begin with BuildRequested.');
  expect(errors.map(({ fields }) => fields)).toMatchObject(quarantined);
  expect(readModels.job(spoilt)).toMatchObject({ revision: 1, priority: 5 });
  expect(readModels.job(sound)?.status).toBe('queued');
  await readModels.stop();

  const again = await started(store, { file, log });
  await store.append('buildJob-spoilt', 3, [anEvent({ type: 'PriorityChanged', data: { priority: 8 } })]);
  await settled(again, store);
  expect(again.quarantined()).toMatchObject(quarantined);
  expect(again.job(spoilt)).toMatchObject({ revision: 1, priority: 5 });
  expect(errors.length).toBe(3);
});

test('an event that fails half-way through the projections leaves nothing behind', async () => {
  const history = createHistory();
  await history.request('job-1');
  const [requested] = await history.store.readStream('buildJob-job-1');
  if (requested === undefined) throw new Error('Nothing was requested.');
  const file = temporaryFile();
  const readModels = await started(history.store, { file });
  const before = contentsOf(file);
  // The jobs projection takes it; the steps projection, the next, has this step of this attempt already.
  const started1 = (id: string, seq: number) => ({
    type: 'StepStarted',
    data: { attempt: 1, seq, step: 'extract', timeoutMs: 1_000, deadlineAt: someTime },
    metadata: { eventId: id, to: { building: 'extracting' } },
  });
  await history.store.append('buildJob-job-1', 1, [
    anEvent(started1('00000000-0000-4000-9000-000000000001', 1)),
    anEvent(started1('00000000-0000-4000-9000-000000000002', 2)),
  ]);
  await settled(readModels, history.store);
  expect(readModels.quarantined()).toMatchObject([
    { stream: 'buildJob-job-1', revision: 3, reason: expect.stringMatching(/^steps: /) },
  ]);
  expect(readModels.job(JobId.parse('job-1'))?.revision).toBe(2);
  expect(contentsOf(file).notifications).toEqual(before.notifications);
});

test('keeps marks over a restart, and answers from the file before it has started', async () => {
  const history = createHistory();
  const id = await history.request('job-1');
  const file = temporaryFile();
  const readModels = await started(history.store, { file });
  expect(readModels.mark('reports')).toBeNull();
  readModels.setMark('reports', '1');
  readModels.setMark('reports', '2');
  await readModels.stop();
  const again = opened(history.store, { file });
  expect(again.mark('reports')).toBe('2');
  expect(again.job(id)?.status).toBe('queued');
  expect(again.openJobs().map((job) => job.id)).toEqual([id]);
  expect(again.queuePlaces(history.clock.now().getTime()).get(id)?.position).toBe(1);
});

test.each([
  ['is no database', (file: string) => writeFileSync(file, 'x'.repeat(9_000))],
  [
    'is damaged in the middle',
    (file: string) => {
      const bytes = readFileSync(file);
      bytes.fill(0x5a, 4_096 * 3, 4_096 * 8);
      writeFileSync(file, bytes);
    },
  ],
  [
    'is of another version',
    (file: string) => {
      const db = new DatabaseSync(file);
      db.exec('PRAGMA user_version = 77');
      db.close();
    },
  ],
])('makes the read models anew when the file %s', async (_, spoil) => {
  const history = createHistory();
  await playRandomly(history, fc.sample(manyChoices, { numRuns: 1, seed: 3 })[0] ?? []);
  const [file, fresh] = [temporaryFile(), temporaryFile()];
  for (const one of [file, fresh]) await (await started(history.store, { file: one })).stop();
  spoil(file);
  const { log, warnings } = recordingLog();
  const readModels = await started(history.store, { file, log });
  expect(warnings).toEqual(['The read models are made anew from the log.']);
  await readModels.stop();
  expect(contentsOf(file)).toEqual(contentsOf(fresh));
});

test('starts over for another store, and for a store that has lost what was projected', async () => {
  const history = createHistory();
  const file = temporaryFile();
  for (const id of ['a', 'b', 'c']) await history.request(id);
  const readModels = await started(history.store, { file });
  readModels.setMark('reports', '9');
  await readModels.stop();

  const restored = createHistory();
  await restored.request('a');
  const { log, warnings } = recordingLog();
  const behind = await started(restored.store, { file, log });
  expect(warnings).toEqual(['The read models are ahead of the event store: they start over.']);
  expect(behind.openJobs().map(({ id }) => id)).toEqual(['a']);
  expect(behind.jobs({ sort: 'newest', limit: 10, offset: 0 }).total).toBe(1);
  expect(behind.mark('reports')).toBeNull();
  await behind.stop();

  const other = createHistory({ storeId: 'store-2' });
  await other.request('z');
  const elsewhere = await started(other.store, { file });
  expect(elsewhere.openJobs().map(({ id }) => id)).toEqual(['z']);
  expect(elsewhere.notifications(ada).notifications.map(({ jobId }) => jobId)).toEqual(['z']);
});

test('goes on after the subscription has failed, without losing or repeating an event', async () => {
  const history = createHistory();
  let failing = false;
  const store = {
    ...history.store,
    async *subscribeToAll(options?: Parameters<typeof history.store.subscribeToAll>[0]) {
      for await (const batch of history.store.subscribeToAll(options)) {
        if (failing) throw new EventStoreUnavailable('The line is cut.');
        yield batch;
      }
    },
  };
  const clock = createManualClock(someTime);
  const failed = Promise.withResolvers<void>();
  const { log } = recordingLog();
  const readModels = await started(store, { clock, log: { ...log, error: () => failed.resolve() } });
  const seen = vi.fn();
  readModels.onBatch((batch) => seen(...batch.map(({ position }) => position)));
  await history.request('a');
  await settled(readModels, store);
  failing = true;
  await history.request('b');
  await failed.promise;
  failing = false;
  clock.advance(followRetryDelayMs);
  await settled(readModels, store);
  expect(seen.mock.calls.flat()).toEqual(['1', '2', '3', '4']);
});

test('waits out a locked file, and stops while it does', async () => {
  const history = createHistory();
  const clock = createManualClock(someTime);
  const file = temporaryFile();
  let failed = Promise.withResolvers<void>();
  const { log } = recordingLog();
  const readModels = await started(history.store, { file, clock, log: { ...log, error: () => failed.resolve() } });
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  await history.request('a');
  await failed.promise;
  expect(readModels.openJobs()).toEqual([]);
  other.exec('ROLLBACK');
  clock.advance(followRetryDelayMs);
  await settled(readModels, history.store);
  expect(readModels.openJobs().map(({ id }) => id)).toEqual(['a']);

  failed = Promise.withResolvers<void>();
  other.exec('BEGIN IMMEDIATE');
  await history.request('b');
  await failed.promise;
  other.close();
  await readModels.stop();
  expect(clock.timers).toBe(0);
});

test('does not start when the log cannot be followed', async () => {
  const history = createHistory();
  await history.request('a');
  const cut = {
    ...history.store,
    // biome-ignore lint/correctness/useYield: it fails before its first batch.
    async *subscribeToAll() {
      throw new EventStoreUnavailable('The line is cut.');
    },
  };
  await expect(opened(cut).start()).rejects.toThrow('The line is cut.');
  const stopping = opened(history.store);
  const starting = stopping.start();
  await stopping.stop();
  await expect(starting).rejects.toThrow(EventStoreUnavailable);
  const readModels = opened(history.store);
  await history.store.stop();
  await expect(readModels.start()).rejects.toThrow(EventStoreUnavailable);
});

test('two processes that project into one file do not apply an event twice', async () => {
  const history = createHistory();
  const file = temporaryFile();
  const failed = Promise.withResolvers<Error>();
  const { log } = recordingLog();
  const clock = createManualClock(someTime);
  const told = { ...log, error: ({ error }: { error?: unknown }) => failed.resolve(error as Error) };
  const readModels = await Promise.all([0, 1].map(() => started(history.store, { file, clock, log: told })));
  await history.request('a');
  expect((await failed.promise).message).toMatch('another process');
  clock.advance(followRetryDelayMs);
  for (const one of readModels) {
    await settled(one, history.store);
    expect(one.openJobs().map(({ id }) => id)).toEqual(['a']);
  }
  const fresh = temporaryFile();
  await (await started(history.store, { file: fresh })).stop();
  expect(contentsOf(file)).toEqual(contentsOf(fresh));
});
