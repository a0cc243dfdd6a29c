import { join } from 'node:path';
import { StateValue, statusOf, steps } from '@yardmaster/domain';
import { UploadAnswer } from '@yardmaster/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { apiPath } from './support/api.ts';
import { untilEnded, type WatchedBuild, watch } from './support/builds.ts';
import { runsOnServer } from './support/event-store.ts';
import type { Gate } from './support/gate.ts';
import { expectSoundHistories } from './support/histories.ts';
import { useInstallation } from './support/installation.ts';
import { assetsOf, expectedType, getPage } from './support/pages.ts';
import {
  createViteProject,
  gatedProject,
  type Project,
  plainWebsite,
  withFiles,
  withManifest,
  writeProject,
  zipOf,
} from './support/projects.ts';
import { until } from './support/until.ts';

const SLOTS = 2;
const installation = useInstallation({ YARDMASTER_WORKERS: '1', YARDMASTER_SLOTS: String(SLOTS) });

/** Every kind of upload is used for some of them. */
const allTemplates = [
  { template: 'react-ts', upload: 'archive' },
  { template: 'vue-ts', upload: 'command' },
  { template: 'svelte-ts', upload: 'folder' },
  { template: 'preact-ts', upload: 'archive' },
  { template: 'solid-ts', upload: 'command' },
  { template: 'lit-ts', upload: 'folder' },
  { template: 'vanilla-ts', upload: 'archive' },
] as const;
type Upload = (typeof allTemplates)[number]['upload'];
/** How a project is built does not depend on where events are kept: on a server one of each kind of upload will do. */
const templates = runsOnServer() ? allTemplates.slice(0, 3) : allTemplates;

const answers = new Map<string, UploadAnswer>();
/** Each build as it was watched from its upload on; begun together, so that they build side by side. */
const watched = new Map<string, Promise<PromiseSettledResult<WatchedBuild>>>();
let gate: Gate;

async function upload(name: string, project: Project, how: Upload): Promise<UploadAnswer> {
  const { api, command } = installation.product;
  switch (how) {
    case 'archive':
      return api.uploadArchive(name, zipOf(project));
    case 'folder':
      return api.uploadFolder(name, project);
    case 'command': {
      const folder = writeProject(join(installation.newFolder(), name), project);
      const { out } = await command('deploy', folder, '--no-wait', '--json');
      return UploadAnswer.parse(JSON.parse(out));
    }
    default:
      return how satisfies never;
  }
}

async function watchedBuild(name: string): Promise<WatchedBuild> {
  const result = await watched.get(name);
  if (result?.status !== 'fulfilled') throw new Error(`${name} was not watched to its end.`, { cause: result?.reason });
  return result.value;
}

/** Both slots are taken by builds that wait at a gate, so that everything else finds a queue. */
beforeAll(async () => {
  gate = await installation.newGate();
  const { api } = installation.product;
  for (let n = 1; n <= SLOTS; n++) await api.uploadArchive(`before-${n}`, zipOf(gatedProject({ gate })));
  await gate.arrived('install', SLOTS);
});

test('projects uploaded at once are each answered at once with a place in the queue of their own', async () => {
  const folder = installation.newFolder();
  const uploads = templates.map(async ({ template, upload: how }) => {
    const answer = await upload(template, createViteProject(join(folder, template), template), how);
    answers.set(template, answer);
    watched.set(
      template,
      watch(installation.product, answer.website.buildJobId).then(
        (value) => ({ status: 'fulfilled', value }),
        (reason: unknown) => ({ status: 'rejected', reason }),
      ),
    );
    return answer;
  });
  const places = (await Promise.all(uploads)).map(({ queuePosition }) => queuePosition);
  const inOrder = templates.map((_, index) => index + 1);
  expect(places.toSorted()).toEqual(inOrder);

  const { activeJobs } = await installation.product.api.queue();
  const waiting = activeJobs.filter(({ queuePosition }) => queuePosition !== null);
  expect(waiting.map(({ queuePosition }) => queuePosition).toSorted()).toEqual(inOrder);
  expect(waiting.map(({ status }) => status)).toEqual(templates.map(() => 'queued'));
  for (const { waitingReason } of waiting) expect(waitingReason).toEqual(expect.any(String));
  gate.open();
});

describe.each(templates)('$template', ({ template }) => {
  test('builds in order, step by step, its progress never falling', async () => {
    const { job, statuses, progress } = await watchedBuild(template);
    expect(job).toMatchObject({
      status: 'completed',
      progress: 100,
      currentStep: 'Build completed',
      attempt: 1,
      error: null,
      queuePosition: null,
      notificationSent: true,
    });
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(statuses).toEqual(['queued', 'building', 'running', 'completed'].filter((each) => wasSeen(each, statuses)));
    expect(statuses).toContain('building');
    expect(job.steps.map(({ name, status }) => `${name} ${status}`)).toEqual(steps.map((name) => `${name} completed`));
    const ran = job.steps.filter(({ name }) => ['install', 'typecheck', 'bundle'].includes(name));
    expect(ran.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);

    const history = await installation.product.api.history(job.id);
    const recorded = history.map(({ metadata }) => statusOf(StateValue.parse(metadata.to)));
    expect([...new Set(recorded)]).toEqual(['pending', 'queued', 'building', 'running', 'completed']);
  });

  test('is shown as it was built, whatever page of it is opened', async () => {
    const { job } = await watchedBuild(template);
    const previewUrl = job.previewUrl ?? '';
    const page = await getPage(previewUrl);
    expect(page).toMatchObject({ status: 200, contentType: expect.stringMatching(/^text\/html/) });
    const assets = assetsOf(page.body);
    expect(assets.filter((path) => path.endsWith('.js'))).not.toEqual([]);
    for (const path of assets) {
      const asset = await getPage(previewUrl, path);
      expect({ path, status: asset.status }).toEqual({ path, status: 200 });
      expect(asset.contentType).toMatch(expectedType(path));
    }
    expect(await getPage(previewUrl, '/a/page/of/the/website')).toEqual(page);
    expect((await getPage(previewUrl, '/assets/nothing.js')).status).toBe(404);
    expect(await getPage(previewUrl.replace(/-1\.preview\./, '.preview.'))).toEqual(page);
  });

  test('is notified and its status can be asked for again without being sent again', async () => {
    const { job } = await watchedBuild(template);
    const { api } = installation.product;
    const about = (await api.notifications()).filter(({ jobId }) => jobId === job.id);
    expect(about.map(({ type }) => type)).toEqual(['completed', 'started', 'queued']);
    expect(about.map(({ read }) => read)).toEqual([false, false, false]);
    expect(about[0]?.actionUrl).toBe(job.previewUrl);

    const websiteId = answers.get(template)?.website.id ?? '';
    expect(await api.buildStatus(websiteId)).toMatchObject({ jobId: job.id, status: 'completed', progress: 100 });
    const path = `${apiPath}/${websiteId}/build-status`;
    const { url, token } = installation.product;
    const authorization = `Bearer ${token}`;
    const first = await getPage(url, path, { authorization });
    const again = await getPage(url, path, { authorization, 'if-none-match': first.etag ?? '' });
    expect([first.status, again.status]).toEqual([200, 304]);
  });
});

describe('a project that cannot be built', () => {
  test('fails at type checking with file, line and message', async () => {
    const project = createViteProject(join(installation.newFolder(), 'typo'), 'vanilla-ts');
    const source = "// counts\n\nexport const count: number = 'three';\n";
    const { website } = await installation.product.api.uploadFolder(
      'typo',
      withFiles(project, { 'src/count.ts': source }),
    );
    const job = await untilEnded(installation.product, website.buildJobId);
    const message = "Type 'string' is not assignable to type 'number'.";
    expect(job).toMatchObject({
      status: 'failed',
      previewUrl: null,
      error: { code: 'type-errors', step: 'typecheck' },
      annotations: [{ file: 'src/count.ts', line: 3, column: 14, code: 'TS2322', message, severity: 'error' }],
    });
    expect(job.error?.message).toContain(`src/count.ts:3: ${message}`);
    expect(job.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'extract completed',
      'install completed',
      'typecheck failed',
    ]);
  });

  test('fails at installing, in plain words, when a dependency does not exist', async () => {
    const missing = 'a-package-that-nobody-has-published-yet-3f9c';
    const project = withManifest(
      createViteProject(join(installation.newFolder(), 'lost'), 'vanilla-ts'),
      (manifest) => ({
        ...manifest,
        dependencies: { [missing]: '^1.0.0' },
      }),
    );
    const { website } = await installation.product.api.uploadArchive('lost', zipOf(project));
    const job = await untilEnded(installation.product, website.buildJobId);
    expect(job).toMatchObject({ status: 'failed', error: { code: 'package-not-found', step: 'install' } });
    expect(job.error?.message).toContain(missing);
    expect(job.error?.hint).toMatch(/spelling/);
    const about = (await installation.product.api.notifications()).filter(({ jobId }) => jobId === job.id);
    expect(about[0]).toMatchObject({ type: 'failed', message: expect.stringContaining(missing) });
  });
});

test('a folder without a package.json is served as it is', async () => {
  const { website } = await installation.product.api.uploadFolder('plain', plainWebsite('nothing to build here'));
  const job = await untilEnded(installation.product, website.buildJobId);
  expect(job).toMatchObject({ status: 'completed', progress: 100 });
  const skipped = job.steps.filter(({ status }) => status === 'skipped').map(({ name }) => name);
  expect(skipped).toEqual(['install', 'typecheck', 'bundle']);
  const page = await getPage(job.previewUrl ?? '');
  expect(page.body).toContain('nothing to build here');
  expect(await getPage(job.previewUrl ?? '', '/style.css')).toMatchObject({ status: 200, body: 'h1 { color: teal }' });
});

test('every history replays to what was recorded, and nothing of the builds runs on', async () => {
  const { product } = installation;
  const { completedJobs, totalActive } = await product.api.queue();
  expect(totalActive).toBe(0);
  expect(completedJobs).toHaveLength(templates.length + SLOTS + 3);
  await expectSoundHistories(
    product,
    completedJobs.map(({ id }) => id),
  );
  await until('no process of any build runs', () => (product.buildProcesses().length === 0 ? true : null));
});

const wasSeen = (status: string, statuses: readonly string[]): boolean => statuses.includes(status);
