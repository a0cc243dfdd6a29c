import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { EventView, JobDetail, LogLineView, ReplayAnswer, UploadAnswer, UserQueue } from '@yardmaster/protocol';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { apiPath } from './support/api.ts';
import { useInstallation } from './support/installation.ts';
import { getPage } from './support/pages.ts';
import { type Ended, runCommand } from './support/product.ts';
import { gatedProject, plainWebsite, withFiles, writeProject, zipOf } from './support/projects.ts';

const installation = useInstallation({ YARDMASTER_WORKERS: '1' });
const yardmaster = (...args: readonly string[]): Promise<Ended> => installation.product.command(...args);

/** The only line that a command with `--json` prints. */
function answerIn<Answer>(schema: { parse(input: unknown): Answer }, { out }: Ended): Answer {
  expect(out.trimEnd().split('\n')).toHaveLength(1);
  return schema.parse(JSON.parse(out));
}

/** A build that has completed, for the commands that look at one. */
let jobId = '';
let deployed: Ended;

beforeAll(async () => {
  const folder = writeProject(join(installation.newFolder(), 'garden'), plainWebsite('a garden'));
  deployed = await yardmaster('deploy', folder);
  [jobId = ''] = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(deployed.err) ?? [];
});

test('deploy of a folder watches the build and ends with 0 and the preview address', async () => {
  expect(deployed).toMatchObject({ code: 0, out: expect.stringMatching(/^Build completed: http:\S+\n$/) });
  expect(deployed.err).toContain('position 1 in the queue');
  const page = await getPage(deployed.out.replace('Build completed: ', '').trim());
  expect(page.body).toContain('a garden');
});

test('deploy of an archive under the same name is the next build of that website', async () => {
  const archive = join(installation.newFolder(), 'garden.zip');
  writeFileSync(archive, zipOf(plainWebsite('a larger garden')));
  const answer = await yardmaster('deploy', archive, '--wait', '--json');
  expect(answer.code).toBe(0);
  expect(answerIn(JobDetail, answer)).toMatchObject({ websiteName: 'garden', buildNumber: 2, status: 'completed' });
});

describe('a build that fails', () => {
  let failed: Ended;
  beforeAll(async () => {
    const gate = await installation.newGate();
    gate.open();
    const project = withFiles(gatedProject({ gate }), { 'build.mjs': 'process.exit(3);' });
    failed = await yardmaster('deploy', writeProject(join(installation.newFolder(), 'broken'), project));
  });

  test('ends deploy with 1 and says why', () => {
    expect(failed).toMatchObject({ code: 1, out: expect.stringMatching(/^Build failed: .+/) });
  });

  test('is retried as a new job, and retry --wait ends with 1 as well', async () => {
    const { completedJobs } = answerIn(UserQueue, await yardmaster('queue', '--json'));
    const { id } = completedJobs.find(({ websiteName }) => websiteName === 'broken') ?? { id: '' };
    const again = await yardmaster('retry', id, '--wait', '--json');
    expect(again.code).toBe(1);
    expect(answerIn(JobDetail, again)).toMatchObject({ status: 'failed', retryOf: id });
  });
});

test('retry --wait of a good build ends with 0', async () => {
  const again = await yardmaster('retry', jobId, '--wait');
  expect(again).toMatchObject({ code: 0, out: expect.stringContaining('Build completed: ') });
});

test('deploy --no-wait answers at once, logs -f follows to the end, cancel ends it', async () => {
  const gate = await installation.newGate();
  gate.open('install');
  const folder = writeProject(join(installation.newFolder(), 'slow'), gatedProject({ gate, lines: 20 }));
  const { website } = answerIn(UploadAnswer, await yardmaster('deploy', folder, '--no-wait', '--json'));
  await gate.arrived('build', 1);
  const following = yardmaster('logs', website.buildJobId, '-f');
  expect((await yardmaster('queue')).out).toMatch(new RegExp(`${website.buildJobId}  building .* slow #1`));
  expect(await yardmaster('cancel', website.buildJobId)).toMatchObject({ code: 0, out: '' });
  const followed = await following;
  expect(followed.code).toBe(0);
  expect(followed.out.split('\n')).toEqual(expect.arrayContaining(['before 1', 'before 20']));
  const { completedJobs } = answerIn(UserQueue, await yardmaster('queue', '--json'));
  expect(completedJobs[0]).toMatchObject({ id: website.buildJobId, status: 'cancelled' });
  const lines = (await yardmaster('logs', website.buildJobId, '--json')).out.trimEnd().split('\n');
  const numbers = lines.map((line) => LogLineView.parse(JSON.parse(line)).n);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
});

test('events prints the history, replay --at the build as it was at any point of it', async () => {
  const lines = (await yardmaster('events', jobId, '--json')).out.trimEnd().split('\n');
  const history = lines.map((line) => EventView.parse(JSON.parse(line)));
  expect(history.map(({ revision }) => revision)).toEqual(history.map((_, index) => index));
  expect([history[0]?.type, history.at(-1)?.type]).toEqual(['BuildRequested', 'BuildCompleted']);
  const table = (await yardmaster('events', jobId)).out.trimEnd().split('\n');
  expect(table).toHaveLength(history.length);
  for (const revision of [0, 3]) {
    const replay = answerIn(ReplayAnswer, await yardmaster('replay', jobId, '--at', String(revision), '--json'));
    expect(replay).toMatchObject({ revision, state: history[revision]?.metadata.to });
  }
  const last = await yardmaster('replay', jobId);
  expect(ReplayAnswer.parse(JSON.parse(last.out))).toMatchObject({ revision: history.length - 1, status: 'completed' });
});

test('link makes a link that signs in once', async () => {
  const { code, out } = await yardmaster('link');
  expect(code).toBe(0);
  const { pathname, search } = new URL(out.trim());
  const open = (headers: Record<string, string> = {}) =>
    fetch(`${installation.product.url}${pathname}${search}`, { redirect: 'manual', headers });
  const first = await open();
  expect([first.status, first.headers.get('location')]).toEqual([303, '/']);
  const [cookie = ''] = (first.headers.get('set-cookie') ?? '').match(/yardmaster_session=[^;]+/) ?? [];
  const me = await fetch(`${installation.product.url}${apiPath}/auth/me`, { headers: { cookie } });
  expect(await me.json()).toMatchObject({ id: 'admin', via: 'session' });
  const second = await open();
  expect([404, 410]).toContain(second.status);
  expect(second.headers.get('set-cookie') ?? '').not.toContain('yardmaster_session');
});

describe('what cannot be done is said in one message:', () => {
  test('a build that does not exist', async () => {
    const answer = await yardmaster('events', '00000000-0000-4000-8000-000000000000');
    expect(answer).toMatchObject({ code: 1, out: '', err: expect.stringContaining('(not-found)') });
  });

  test('a folder that does not exist', async () => {
    const answer = await yardmaster('deploy', join(installation.newFolder(), 'nothing-here'));
    expect(answer).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^yardmaster: There is no .+\n$/) });
  });

  test('a command line that makes no sense', async () => {
    const answer = await yardmaster('replay', jobId, '--at', 'yesterday');
    expect(answer).toMatchObject({ code: 2, out: '', err: expect.stringContaining('Usage: yardmaster replay') });
  });

  test('a data directory on which nothing runs', async () => {
    const answer = await runCommand(['queue'], { YARDMASTER_DATA_DIR: installation.newFolder() });
    expect(answer).toMatchObject({ code: 1, out: '', err: expect.stringContaining('No Yardmaster runs on') });
  });

  test('a second start on the same data directory', async () => {
    const { dataDir, pid, url } = installation.product;
    const answer = await runCommand(['up'], { YARDMASTER_DATA_DIR: dataDir, YARDMASTER_PORT: '0' });
    expect(answer).toMatchObject({ code: 1, err: expect.stringContaining(`already runs on ${dataDir}`) });
    expect(answer.err).toContain(`process ${pid} at ${url}`);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('a port that is taken', async () => {
    const other = createServer();
    onTestFinished(() => void other.close());
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo; // it listens on a port
    const env = { YARDMASTER_DATA_DIR: installation.newFolder(), YARDMASTER_PORT: String(port) };
    const answer = await runCommand(['up'], env);
    expect(answer).toMatchObject({ code: 1, err: expect.stringContaining(`Port ${port} is taken`) });
  });
});
