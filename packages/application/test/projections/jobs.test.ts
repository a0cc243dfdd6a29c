import { expect, test } from 'vitest';
import { ada, createHistory, shop } from './build-history.ts';
import { settled, started } from './opened-read-models.ts';

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
  expect(await seen()).toMatchObject({
    status: 'running',
    progress: 80,
    currentStep: 'Bundling…',
    outputArtifactId: 'output-job-1',
    previewLive: true,
  });

  await history.startStep(id, 'preview');
  await history.completeStep(id, 'preview');
  await history.report(id, { kind: 'finished' });
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
