import { type JobId, statusOf, WebsiteId } from '@yardmaster/domain';
import fc from 'fast-check';

import { expect, test } from 'vitest';
import type { JobFilter } from '../../src/projections/read-models.ts';
import { ada, bob, createHistory, type History, shop, whatWasKilled } from './build-history.ts';
import { settled, started } from './opened-read-models.ts';
import { manyChoices, playRandomly } from './random-history.ts';

test('shows a build from its request to its end', async () => {
  const history = createHistory();
  const readModels = await started(history.store);
  const seen = async () => {
    await settled(readModels, history.store);
    const job = readModels.job(id);
    if (job === null) throw new Error('The job is not there.');
    return job;
  };
  const id = await history.request('job-1');
  expect(await seen()).toMatchObject({
    websiteId: shop,
    websiteName: 'Shop',
    ownerId: ada,
    buildNumber: 1,
    previewName: 'shop-1',
    status: 'queued',
    state: 'queued',
    revision: 1,
    progress: 0,
    currentStep: '',
    priority: 5,
    attempt: 0,
    createdAt: '2026-03-01T08:00:00.000Z',
    queuedAt: '2026-03-01T08:00:00.000Z',
    startedAt: null,
    completedAt: null,
    notificationSent: false,
    preview: 'static',
    source: { artifactId: 'source-job-1', format: 'zip' },
  });

  history.clock.advance(5_000);
  await history.command(id, { type: 'ChangePriority', priority: 8 });
  await history.claim(id);
  expect(await seen()).toMatchObject({
    status: 'building',
    state: { building: 'claimed' },
    priority: 8,
    attempt: 1,
    currentStep: 'Starting build…',
    workerId: 'worker-1',
    workerSession: 'session-1',
    claimedAt: '2026-03-01T08:00:05.000Z',
    startedAt: '2026-03-01T08:00:05.000Z',
  });

  await history.buildUntil(id, 'preview');
  await history.startPreview(id);
  history.clock.advance(4_000);
  expect(await seen()).toMatchObject({
    status: 'running',
    progress: 80,
    currentStep: 'Bundling…',
    outputArtifactId: 'output-job-1',
    previewLive: true,
  });

  await history.complete(id);
  const completed = await seen();
  expect(completed).toMatchObject({
    status: 'completed',
    progress: 100,
    currentStep: 'Build completed',
    workerId: null,
    claimedAt: null,
    completedAt: '2026-03-01T08:00:09.000Z',
    notificationSent: true,
    error: null,
  });
  expect(completed.position).toBe((await history.store.readStream(`buildJob-${id}`)).at(-1)?.position);
});

test('a build that fails says why, and holds no worker', async () => {
  const history = createHistory();
  const id = await history.request('job-1');
  await history.buildUntil(id, 'typecheck');
  const annotations = [
    { file: 'a.ts', line: 3, column: 1, code: 'TS2322', message: 'No.', excerpt: null, severity: 'error' as const },
  ];
  await history.failStep(id, { annotations });
  const readModels = await started(history.store);
  expect(readModels.job(id)).toMatchObject({
    status: 'failed',
    progress: 60,
    workerId: null,
    workerSession: null,
    claimedAt: null,
    error: {
      code: 'type-error',
      message: 'Type "string" is no number.',
      hint: 'Look at line 3.',
      step: 'typecheck',
    },
    annotations,
    notificationSent: true,
  });
});

test('a build that cost its workers is set aside with its losses until one job is made of it again', async () => {
  const history = createHistory();
  const other = await history.request('job-0');
  await history.buildUntil(other, 'install');
  await history.failStep(other);
  const id = await history.request('job-1');
  const readModels = await started(history.store);
  for (const step of ['install', 'bundle'] as const) {
    expect(readModels.deadLetters({ limit: 10 })).toEqual({ jobs: [], total: 0 });
    await history.buildUntil(id, step);
    await history.loseWorker(id, { alone: true });
    await settled(readModels, history.store);
  }
  const loss = { workerId: 'worker-1', reason: 'It fell silent.', alone: true };
  const losses = [
    { ...loss, attempt: 1, step: 'install' },
    { ...loss, attempt: 2, step: 'bundle' },
  ];
  const job = readModels.job(id);
  expect(job).toMatchObject({ status: 'failed', error: { code: 'poison-build' } });
  expect(job?.deadLetter).toEqual({ losses, releasedAs: null });
  expect(readModels.deadLetters({ limit: 10 })).toEqual({ jobs: [job], total: 1 });

  await history.request('job-2', { retryOf: other });
  await history.request('job-3', { retryOf: id });
  await history.request('job-4', { retryOf: id });
  await settled(readModels, history.store);
  expect(readModels.job(id)?.deadLetter).toEqual({ losses, releasedAs: 'job-3' });
  expect(readModels.job(other)?.deadLetter).toBeNull();
});

test('dead letters are listed with the newest first, as many as are asked for, and all are counted', async () => {
  const history = createHistory();
  for (const id of ['job-1', 'job-2', 'job-3']) {
    const job = await history.request(id);
    history.clock.advance(1_000);
    while (readable(await history.state(job)) !== 'failed') {
      await history.claim(job);
      await history.loseWorker(job);
    }
  }
  const { jobs, total } = (await started(history.store)).deadLetters({ limit: 2 });
  expect(jobs.map(({ id, error }) => [id, error?.code])).toEqual([
    ['job-3', 'worker-lost'],
    ['job-2', 'worker-lost'],
  ]);
  expect(total).toBe(3);
});

const readable = ({ value }: Awaited<ReturnType<History['state']>>) => value;

test('a cancelled build tells how it was ended', async () => {
  const history = createHistory();
  const [waiting, held] = [await history.request('job-1'), await history.request('job-2')];
  await history.command(waiting, { type: 'CancelBuild', reason: null });
  await history.buildUntil(held, 'bundle');
  await history.command(held, { type: 'CancelBuild', reason: null });
  const readModels = await started(history.store);
  expect(readModels.job(held)).toMatchObject({ state: 'cancelling', cancellation: null });
  await history.advance(held);
  await settled(readModels, history.store);
  expect(readModels.job(held)?.cancellation).toEqual({ killedProcesses: 2, proven: true, killed: whatWasKilled });
  const nothing = { processes: [], ports: [], workspaceRemoved: true };
  expect(readModels.job(waiting)?.cancellation).toEqual({ killedProcesses: 0, proven: true, killed: nothing });
});

test('a further attempt begins anew, and keeps when the build was first queued and started', async () => {
  const history = createHistory();
  const id = await history.request('job-1', { preview: 'dev' });
  await history.buildUntil(id, 'preview');
  await history.loseWorker(id);
  const readModels = await started(history.store);
  const queuedAt = '2026-03-01T08:00:00.000Z';
  expect(readModels.job(id)).toMatchObject({ status: 'queued', state: 'backingOff', progress: 0, error: null });
  history.clock.advance(10_000);
  await history.claim(id);
  await settled(readModels, history.store);
  expect(readModels.job(id)).toMatchObject({
    status: 'building',
    attempt: 2,
    queuedAt,
    startedAt: queuedAt,
    claimedAt: '2026-03-01T08:00:10.000Z',
    outputArtifactId: null,
  });
  await history.buildUntil(id, 'preview');
  await settled(readModels, history.store);
  expect(readModels.job(id)?.currentStep).toBe('Starting development server…');
});

test('agrees with the machine about every build of any history', async () => {
  await fc.assert(
    fc.asyncProperty(manyChoices, async (choices) => {
      const history = createHistory();
      const jobs = await playRandomly(history, choices);
      const readModels = await started(history.store);
      for (const id of jobs) {
        const { value, context } = await history.state(id);
        expect(readModels.job(id)).toMatchObject({
          state: value,
          status: statusOf(value),
          progress: context.progress,
          currentStep: context.currentStep,
          priority: context.priority,
          attempt: context.attempt,
          workerId: context.workerId,
          workerSession: context.workerSession,
          outputArtifactId: context.outputArtifactId,
        });
      }
      expect(readModels.openJobs()).toEqual(
        jobs.map((id) => readModels.job(id)).filter((job) => job !== null && job.completedAt === null),
      );
      expect(readModels.quarantined()).toEqual([]);
      await readModels.stop();
    }),
    { numRuns: 25 },
  );
});

test('finds jobs by owner, website, status, time and text, sorted and page by page', async () => {
  const history = createHistory();
  await fiveJobs(history);
  const readModels = await started(history.store);
  const found = (filter: Partial<JobFilter>) =>
    readModels.jobs({ sort: 'newest', limit: 10, offset: 0, ...filter }).jobs.map(({ id }) => id);

  expect(found({})).toEqual(['e', 'd', 'c', 'b', 'a']);
  expect(found({ ownerId: bob })).toEqual(['e', 'c']);
  expect(found({ websiteId: blog })).toEqual(['e', 'c']);
  expect(found({ statuses: ['completed', 'failed'] })).toEqual(['b', 'a']);
  expect(found({ statuses: [] })).toEqual([]);
  expect(found({ from: '2026-03-01T08:00:10Z', to: '2026-03-01T10:00:20+02:00' })).toEqual(['c', 'b']);
  expect(found({ text: 'ÜBER' })).toEqual(['e', 'c']);
  expect(found({ text: '%' })).toEqual([]);
  expect(found({ text: 'B' })).toEqual(['e', 'c', 'b']);
  expect(found({ sort: 'oldest' })).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(found({ sort: 'name' })).toEqual(['d', 'b', 'a', 'e', 'c']);
  expect(found({ sort: 'priority' })).toEqual(['d', 'a', 'b', 'c', 'e']);
  expect(found({ sort: 'duration' })).toEqual(['b', 'a', 'e', 'd', 'c']);
  const page = readModels.jobs({ ownerId: ada, sort: 'newest', limit: 1, offset: 1 });
  expect(page.jobs.map(({ id }) => id)).toEqual(['b']);
  expect(page.total).toBe(3);
});

test('counts what waits and builds, and averages over what ended', async () => {
  const history = createHistory();
  await fiveJobs(history);
  const readModels = await started(history.store);
  expect(readModels.statistics(ada)).toEqual({ waiting: 1, building: 0, averageWaitMs: 47_000, averageBuildMs: 6_000 });
  expect(readModels.statistics(bob)).toEqual({ waiting: 1, building: 1, averageWaitMs: null, averageBuildMs: null });
  expect(readModels.statistics(null)).toEqual({
    waiting: 2,
    building: 1,
    averageWaitMs: 47_000,
    averageBuildMs: 6_000,
  });
});

const blog = WebsiteId.parse('blog');

/** a completed after 4 s, b failed after 8 s and 5 s of waiting, c waits, d waits with priority 9, e builds. */
async function fiveJobs(history: History): Promise<void> {
  const { clock } = history;
  const blogs = { owner: bob, websiteId: blog, websiteName: 'Über uns' };
  const timed = async (request: () => Promise<JobId>) => {
    const id = await request();
    clock.advance(10_000);
    return id;
  };
  const a = await timed(() => history.request('a'));
  const b = await timed(() => history.request('b'));
  await timed(() => history.request('c', blogs));
  await timed(() => history.request('d', { priority: 9 }));
  const e = await timed(() => history.request('e', blogs));
  await history.claim(e);
  await history.claim(a);
  clock.advance(4_000);
  await history.complete(a);
  await history.buildUntil(b, 'extract');
  clock.advance(8_000);
  await history.failStep(b);
}
