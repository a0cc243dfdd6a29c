import { JobId } from '@yardmaster/domain';
import { aBuild } from '@yardmaster/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHistory, type History } from '../../../packages/application/test/projections/build-history.ts';
import { settled, started } from '../../../packages/application/test/projections/opened-read-models.ts';
import { playRandomly } from '../../../packages/application/test/projections/random-history.ts';
import { eventView } from '../../server/src/views/event-view.ts';
import { jobSummary as serverSummary } from '../../server/src/views/job-view.ts';
import { buildAt, elapsedAt } from '../src/features/job/build-at.ts';
import { continueReplay, emptyReplay } from '../src/shared/replay/replay-build.ts';
import { jobSummary } from './job-summary.ts';
import { eventViews } from './recorded-history.ts';

type ReadModels = Awaited<ReturnType<typeof started>>;

/** What the page gets to know of a build: the server's own summary, and the frames of its events. */
async function known({ store, clock }: History, readModels: ReadModels, id: JobId) {
  await settled(readModels, store);
  const record = readModels.job(id);
  if (record === null) throw new Error(`There is no build ${id}.`);
  const summary = serverSummary(record, {
    places: readModels.queuePlaces(clock.now().getTime()),
    liveSlots: 2,
    isMessagingConnected: true,
    previewUrl: (label) => `http://${label}.preview.test/`,
  });
  const replay = continueReplay(emptyReplay, (await store.readStream(`buildJob-${id}`)).map(eventView));
  expect(replay.ok).toBe(true);
  return { summary, frames: replay.frames, annotations: record.annotations, steps: readModels.steps(id) };
}

test('the last moment of any history is what the server says of the build, steps and annotations included', async () => {
  const choices = fc.array(fc.nat(), { minLength: 5, maxLength: 160, size: 'max' });
  await fc.assert(
    fc.asyncProperty(choices, async (chosen) => {
      const history = createHistory();
      const jobs = await playRandomly(history, chosen);
      const readModels = await started(history.store);
      for (const id of jobs) {
        const { summary, frames, steps, annotations } = await known(history, readModels, id);
        const last = buildAt(frames, frames.length - 1, summary);
        expect(last.job).toEqual(summary);
        expect(last.steps).toEqual(steps);
        expect(last).toMatchObject({ isLive: true, asOfMs: null });
        if (summary.status === 'failed') expect(last.failure).toEqual({ ...summary.error, annotations });
      }
      await readModels.stop();
    }),
    { numRuns: 30 },
  );
});

test('every earlier moment is what the server said of the build at that moment', async () => {
  const history = createHistory();
  const readModels = await started(history.store);
  const id = JobId.parse('job-1');
  const said: Awaited<ReturnType<typeof known>>[] = [];
  const and = async (happens: () => Promise<unknown>) => {
    history.clock.advance(700);
    await happens();
    said.push(await known(history, readModels, id));
  };
  await and(() => history.request(id));
  for (let step = 0; step < 5; step += 1) await and(() => history.advance(id));
  await and(() => history.failStep(id, { retryable: true }));
  await and(() => history.command(id, { type: 'ChangePriority', priority: 9 }));
  for (let step = 0; step < 5; step += 1) await and(() => history.advance(id));
  await and(() => history.loseWorker(id));
  for (let step = 0; step < 4; step += 1)
    await and(() => history.advance(id, { outcome: 'cached', detail: 'Stored.' }));
  await and(() => history.command(id, { type: 'CancelBuild', reason: 'Wrong branch.' }));
  await and(() => history.advance(id));

  const now = said.at(-1);
  if (now === undefined) throw new Error('Nothing happened.');
  expect(now.summary.status).toBe('cancelled');
  for (const { summary, steps } of said.slice(0, -1)) {
    const then = buildAt(now.frames, summary.revision, now.summary);
    expect(then.steps).toEqual(steps);
    const { queuePosition, waitingReason, effectivePriority, ...fromEvents } = summary;
    expect(then.job).toMatchObject(fromEvents);
    expect(then.isLive).toBe(false);
  }
});

test('what no event tells is not claimed of the past', async () => {
  const history = createHistory();
  const readModels = await started(history.store);
  const id = await history.request('job-1');
  await history.buildUntil(id, 'preview');
  await history.startPreview(id);
  await history.complete(id);
  const { summary, frames } = await known(history, readModels, id);
  expect(buildAt(frames, frames.length - 1, summary).job.previewUrl).toBe('http://shop-1.preview.test/');
  const before = buildAt(frames, frames.length - 2, summary);
  expect(before).toMatchObject({ isLive: false, asOfMs: frames.at(-2)?.atMs });
  expect(before.job).toMatchObject({ previewUrl: null, queuePosition: null, notificationSent: false });
});

test('a failed attempt is told with its annotations and when the next is due, until that begins', async () => {
  const history = createHistory();
  const readModels = await started(history.store);
  const id = await history.request('job-1');
  await history.buildUntil(id, 'install');
  await history.failStep(id, { retryable: true });
  const failed = await known(history, readModels, id);
  const waiting = buildAt(failed.frames, failed.frames.length - 1, failed.summary);
  expect(waiting.failure).toMatchObject({ code: 'type-error', step: 'install', annotations: [] });
  expect(waiting.job.error).toBeNull();
  expect(Date.parse(waiting.retryDueAt ?? '')).toBeGreaterThan(failed.frames.at(-1)?.atMs ?? 0);

  await history.claim(id);
  const again = await known(history, readModels, id);
  expect(buildAt(again.frames, again.frames.length - 1, again.summary)).toMatchObject({
    failure: null,
    retryDueAt: null,
    workerId: 'worker-1',
    job: { attempt: 2 },
  });
});

test('a cancel is told from the wish to the proof', async () => {
  const history = createHistory();
  const readModels = await started(history.store);
  const id = await history.request('job-1');
  await history.buildUntil(id, 'bundle');
  await history.command(id, { type: 'CancelBuild', reason: 'Wrong branch.' });
  await history.advance(id);
  const { summary, frames } = await known(history, readModels, id);
  const at = (revision: number) => buildAt(frames, revision, summary).cancel;
  const last = frames.length - 1;
  const by = { kind: 'system', name: 'test' };
  expect(at(last - 2)).toBeNull();
  expect(at(last - 1)).toEqual({ by, reason: 'Wrong branch.', end: null });
  expect(at(last)).toMatchObject({ by, reason: 'Wrong branch.', end: { killedProcesses: 2, proven: true } });
  expect(at(last)?.end?.killed).toMatchObject({ ports: [5_173], workspaceRemoved: true });
  expect(at(last)?.end?.killed?.processes).toHaveLength(2);
});

test('a build that was set aside says which workers it lost, from its end on', () => {
  const { frames } = continueReplay(
    emptyReplay,
    eventViews(
      aBuild().inStep('install').workerLost({ alone: true }).inStep('bundle').workerLost({ alone: true }).events,
    ),
  );
  const summary = jobSummary({ id: 'job-1', revision: 0 });
  const last = frames.length - 1;
  expect(frames[last]?.event.type).toBe('BuildFailed');
  expect(buildAt(frames, last, summary)).toMatchObject({
    job: { status: 'failed', error: { code: 'poison-build' } },
    failure: { code: 'poison-build' },
    setAside: [
      { attempt: 1, step: 'install', alone: true },
      { attempt: 2, step: 'bundle', alone: true },
    ],
  });
  expect(buildAt(frames, last - 1, summary).setAside).toBeNull();
});

test('a build that waits is cancelled at once', async () => {
  const history = createHistory();
  const readModels = await started(history.store);
  const id = await history.request('job-1');
  await history.command(id, { type: 'CancelBuild', reason: null });
  const { summary, frames } = await known(history, readModels, id);
  expect(buildAt(frames, frames.length - 1, summary).cancel).toMatchObject({ reason: null, end: { proven: true } });
});

test('where the rest cannot be replayed, the server’s word counts for now', async () => {
  const history = createHistory();
  const readModels = await started(history.store);
  const id = await history.request('job-1');
  await history.complete(id);
  const { summary, frames } = await known(history, readModels, id);
  const some = frames.slice(0, 5);
  expect(buildAt(some, 4, summary).job).toEqual(summary);
  expect(buildAt(some, 3, summary).job).toMatchObject({ revision: 3, status: 'building' });
  expect(buildAt([], -1, summary)).toMatchObject({ isLive: true, steps: [], job: summary });
});

test('time goes by from the request, then from the start, and stops at the end', async () => {
  const history = createHistory();
  const readModels = await started(history.store);
  const id = await history.request('job-1');
  const requestedMs = history.clock.now().getTime();
  const waiting = await known(history, readModels, id);
  expect(elapsedAt(waiting.summary, requestedMs + 3_000)).toEqual({ word: 'Waiting for', ms: 3_000 });
  history.clock.advance(5_000);
  await history.claim(id);
  const building = await known(history, readModels, id);
  expect(elapsedAt(building.summary, requestedMs + 7_000)).toEqual({ word: 'Building for', ms: 2_000 });
  history.clock.advance(9_000);
  await history.complete(id);
  const completed = await known(history, readModels, id);
  expect(elapsedAt(completed.summary, requestedMs + 999_000)).toEqual({ word: 'Took', ms: 9_000 });
});
