import { beforeAll, expect, test } from 'vitest';
import { untilEnded } from './support/builds.ts';
import type { Gate } from './support/gate.ts';
import { eventTypes, expectSoundHistories } from './support/histories.ts';
import { useInstallation } from './support/installation.ts';
import { getPage } from './support/pages.ts';
import { isAlive, processesWith } from './support/processes.ts';
import { gatedProject, withFiles, zipOf } from './support/projects.ts';
import { until } from './support/until.ts';

const SLOTS = 2;
const installation = useInstallation({ YARDMASTER_WORKERS: '1', YARDMASTER_SLOTS: String(SLOTS) });

let gate: Gate;
/** Five builds, in the order of their uploads: two run and wait at the gate, three wait in the queue. */
let jobIds: readonly string[] = [];
const job = (n: number): string => jobIds[n] ?? '';

beforeAll(async () => {
  gate = await installation.newGate();
  const { api } = installation.product;
  const uploaded: string[] = [];
  for (let n = 1; n <= 5; n++) {
    const { website } = await api.uploadArchive(`site ${n}`, zipOf(gatedProject({ gate })));
    uploaded.push(website.buildJobId);
    if (n === SLOTS) await gate.arrived('install', SLOTS);
  }
  jobIds = uploaded;
});

test('two builds run and the others wait in the order of their arrival', async () => {
  const { api } = installation.product;
  const found = await Promise.all(jobIds.map((id) => api.job(id)));
  expect(found.map(({ status, queuePosition }) => [status, queuePosition])).toEqual([
    ['building', null],
    ['building', null],
    ['queued', 1],
    ['queued', 2],
    ['queued', 3],
  ]);
  expect(found[0]).toMatchObject({ progress: 30, currentStep: 'Installing dependencies…' });
});

test('a cancelled build ends whole: not even a process that has left its session runs on', async () => {
  const { product } = installation;
  const builds = () => processesWith(`YARDMASTER_BUILD_JOB=${job(0)}`);
  const running = builds();
  expect(running.filter((pid) => processesWith(gate.url).includes(pid)).length).toBeGreaterThan(0);
  await product.api.cancel(job(0));
  expect((await untilEnded(product, job(0))).status).toBe('cancelled');
  expect(running.filter(isAlive)).toEqual([]);
  expect(builds()).toEqual([]);
  expect((await product.api.history(job(0))).at(-1)).toMatchObject({ type: 'BuildCancelled', data: { proven: true } });
});

test('a waiting build that is cancelled ends at once, and what is behind it moves up', async () => {
  const { api } = installation.product;
  await until('the freed slot is taken again', async () =>
    (await api.job(job(2))).status === 'building' ? true : null,
  );
  await api.cancel(job(3));
  expect(await api.job(job(3))).toMatchObject({ status: 'cancelled', queuePosition: null, startedAt: null });
  expect(await api.job(job(4))).toMatchObject({ status: 'queued', queuePosition: 1 });
  const again = await api.send('DELETE', `/jobs/${job(3)}`);
  expect(again.status).toBe(202);
});

test('a retry of a cancelled build is a job of its own, and all others complete', async () => {
  const { product } = installation;
  const retried = await product.api.retry(job(0));
  expect(jobIds).not.toContain(retried.jobId);
  expect(retried.queuePosition).toBe(2);
  gate.open();
  const ended = await Promise.all([job(1), job(2), job(4), retried.jobId].map((id) => untilEnded(product, id)));
  expect(ended.map(({ status }) => status)).toEqual(Array(4).fill('completed'));
  expect(ended[3]).toMatchObject({ retryOf: job(0), buildNumber: 2, attempt: 1 });
  expect((await getPage(ended[3]?.previewUrl ?? '')).body).toContain('through the gate');
  expect((await product.api.job(job(0))).status).toBe('cancelled');
  jobIds = [...jobIds, retried.jobId];
});

test('an ended build refuses to be cancelled, with its status', async () => {
  const refused = await installation.product.api.send('DELETE', `/jobs/${job(1)}`);
  expect(refused.status).toBe(409);
  expect(await refused.json()).toMatchObject({ code: 'build-ended', currentStatus: 'completed' });
});

test('a build that fails by its own fault is not attempted again', async () => {
  const { product } = installation;
  const broken = withFiles(gatedProject({ gate }), { 'build.mjs': "console.error('no, not today'); process.exit(3);" });
  const { website } = await product.api.uploadArchive('broken', zipOf(broken));
  const ended = await untilEnded(product, website.buildJobId);
  expect(ended).toMatchObject({ status: 'failed', attempt: 1, error: { step: 'bundle' } });
  expect(ended.steps.at(-1)).toMatchObject({ name: 'bundle', status: 'failed', exitCode: 3 });
  expect(ended.logs.join('\n')).toContain('no, not today');
  expect(await eventTypes(product, website.buildJobId)).toEqual(expect.arrayContaining(['StepFailed', 'BuildFailed']));
  jobIds = [...jobIds, website.buildJobId];
});

test('histories of completed, failed, cancelled and retried builds replay to what was recorded', async () => {
  await expectSoundHistories(installation.product, jobIds);
});
