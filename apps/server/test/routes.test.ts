import { BuildStatus, JobDetail, Problem, ReplayAnswer, UserQueue, WebsiteView } from '@yardmaster/protocol';
import { describe, expect, it } from 'vitest';
import { driveBuild } from './build-driver.ts';
import { idOf, startTestServer } from './server-fixture.ts';

describe('a build', () => {
  it('is shown with its status, its steps and its last lines, and answered from the cache while nothing changes', async () => {
    const server = await startTestServer();
    const { answer } = await server.upload();
    const jobId = idOf(answer);
    const build = driveBuild(server, jobId);
    await build.claim();
    await build.begin('extract');
    const lines = Array.from({ length: 60 }, (_, n) => ({
      at: '2026-01-01T12:00:00.000Z',
      step: 'extract' as const,
      stream: 'stdout' as const,
      text: `line ${n + 1}`,
    }));
    server.parts.logs.append({ jobId, attempt: 1, firstLine: 1, lines, end: null });
    const path = `/${answer.website.id}/build-status`;
    const response = await server.ask(path);
    const status = BuildStatus.parse(await response.json());
    expect(status).toMatchObject({
      jobId,
      status: 'building',
      progress: 10,
      currentStep: 'Extracting files…',
      attempt: 1,
    });
    expect(status.logs).toHaveLength(50);
    expect(status.logs.at(-1)).toBe('line 60');
    const etag = response.headers.get('ETag') ?? '';
    expect((await server.ask(path, { headers: { 'If-None-Match': etag } })).status).toBe(304);
    const detail = JobDetail.parse(await server.get(`/jobs/${jobId}`));
    expect(detail).toMatchObject({
      steps: [{ name: 'extract', status: 'running' }],
      state: { building: 'extracting' },
    });
  });

  it('gives its log in pages, searched, and as plain text', async () => {
    const server = await startTestServer();
    const jobId = idOf((await server.upload()).answer);
    const lines = ['one', 'two', 'three'].map((text) => ({
      at: '2026-01-01T12:00:00.000Z',
      step: 'install' as const,
      stream: 'stderr' as const,
      text,
    }));
    server.parts.logs.append({ jobId, attempt: 1, firstLine: 1, lines, end: { lines: 3 } });
    expect(await server.get(`/jobs/${jobId}/logs?limit=2`)).toMatchObject({
      lines: [{ n: 1 }, { n: 2 }],
      next: 2,
      total: 3,
    });
    expect(await server.get(`/jobs/${jobId}/logs?after=2`)).toMatchObject({
      lines: [{ n: 3, text: 'three' }],
      next: null,
    });
    expect(await server.get(`/jobs/${jobId}/logs?search=TW`)).toMatchObject({ lines: [{ text: 'two' }] });
    expect(await server.get(`/jobs/${jobId}/logs?step=bundle`)).toMatchObject({ lines: [] });
    const plain = await server.ask(`/jobs/${jobId}/logs`, { headers: { Accept: 'text/plain' } });
    expect(plain.headers.get('Content-Type')).toContain('text/plain');
    expect(await plain.text()).toBe('one\ntwo\nthree\n');
    const link = await server.ask(`/jobs/${jobId}/logs?format=text`, { headers: { Accept: 'text/html,*/*;q=0.8' } });
    expect(link.headers.get('Content-Type')).toContain('text/plain');
    expect(link.headers.get('Content-Disposition')).toMatch(/^attachment; filename="[^"]+-1\.log"$/);
    expect(await link.text()).toBe('one\ntwo\nthree\n');
    expect((await server.ask(`/jobs/${jobId}/logs?limit=5001`)).status).toBe(422);
  });

  it('is replayed to every revision as it was recorded', async () => {
    const server = await startTestServer();
    const jobId = idOf((await server.upload()).answer);
    const build = driveBuild(server, jobId);
    await build.claim();
    await build.fail();
    const { events } = await server.get<{ events: { revision: number; type: string; metadata: { to: unknown } }[] }>(
      `/jobs/${jobId}/events`,
    );
    expect(events.map(({ type }) => type)).toEqual([
      'BuildRequested',
      'BuildQueued',
      'BuildDispatched',
      'BuildClaimed',
      'StepStarted',
      'StepFailed',
      'BuildFailed',
    ]);
    for (const { revision, metadata } of events) {
      const replayed = ReplayAnswer.parse(await server.get(`/jobs/${jobId}/replay?revision=${revision}`));
      expect(replayed).toMatchObject({ revision, state: metadata.to });
    }
    expect(await server.get(`/jobs/${jobId}/replay`)).toMatchObject({ revision: 6, status: 'failed' });
    expect((await server.ask(`/jobs/${jobId}/replay?revision=7`)).status).toBe(404);
    expect((await server.ask(`/jobs/${jobId}/replay?revision=x`)).status).toBe(422);
  });

  it('is cancelled once, refuses to be cancelled after its end, and is retried as a new job', async () => {
    const server = await startTestServer();
    const jobId = idOf((await server.upload()).answer);
    const early = await server.ask(`/jobs/${jobId}/retry`, { method: 'POST' });
    expect(await early.json()).toMatchObject({ status: 409, code: 'build-not-ended', currentStatus: 'queued' });
    const build = driveBuild(server, jobId);
    await build.claim();
    await build.fail();
    const late = await server.ask(`/jobs/${jobId}`, { method: 'DELETE' });
    expect(Problem.parse(await late.clone().json()).code).toBe('build-ended');
    expect([late.status, await late.json()]).toMatchObject([409, { currentStatus: 'failed' }]);

    const headers = { 'Idempotency-Key': 'retry' };
    const retry = async () => await (await server.ask(`/jobs/${jobId}/retry`, { method: 'POST', headers })).json();
    const first = (await retry()) as { jobId: string };
    expect(first).toMatchObject({ success: true, queuePosition: 1 });
    expect(await retry()).toEqual(first);
    expect(await server.get(`/jobs/${first.jobId}`)).toMatchObject({
      retryOf: jobId,
      status: 'queued',
      buildNumber: 2,
    });
    const cancelled = await server.ask(`/jobs/${first.jobId}`, { method: 'DELETE', json: { reason: 'never mind' } });
    expect([cancelled.status, await cancelled.json()]).toEqual([202, { success: true }]);
    const { notifications } = await server.get<{ notifications: { type: string }[] }>('/user/notifications');
    expect(notifications.map(({ type }) => type)).toEqual(['cancelled', 'retried', 'failed', 'started', 'queued']);
  });

  it('status is answered a hundred times at once, and then refused until later', async () => {
    const server = await startTestServer();
    const { answer } = await server.upload();
    const ask = () => server.ask(`/${answer.website.id}/build-status`);
    const answers = await Promise.all(Array.from({ length: 101 }, ask));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(1);
    expect(Number(refused[0]?.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(Problem.parse(await refused[0]?.json()).code).toBe('too-many-requests');
    const other = await server.register('other', 'operator');
    expect((await server.ask(`/${answer.website.id}/build-status`, { as: other })).status).toBe(200);
  });
});

describe('the queue', () => {
  it('lists what is under way and a page of what has ended, filtered', async () => {
    const server = await startTestServer();
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push(idOf((await server.upload({ name: `site ${n}` })).answer));
    await server.ask(`/jobs/${ids[0]}`, { method: 'DELETE' });
    const queue = UserQueue.parse(await server.get('/user/queue'));
    expect(queue).toMatchObject({ totalActive: 2, totalCompleted: 1, page: 1, pageSize: 10 });
    expect(queue.statistics).toMatchObject({ waiting: 2, building: 0 });
    expect(queue.activeJobs.map(({ queuePosition }) => queuePosition).toSorted()).toEqual([1, 2]);
    expect(await server.get('/user/queue?status=cancelled')).toMatchObject({ totalActive: 0, totalCompleted: 1 });
    expect(await server.get('/user/queue?q=site%202')).toMatchObject({ totalActive: 1, totalCompleted: 0 });
    expect(await server.get('/user/queue?pageSize=1&page=2')).toMatchObject({ completedJobs: [], totalCompleted: 1 });
    for (const bad of ['status=lost', 'page=0', 'pageSize=1000', 'sort=size', 'from=yesterday-ish']) {
      const response = await server.ask(`/user/queue?${bad}`);
      expect([bad, response.status]).toEqual([bad, 422]);
      expect(Problem.parse(await response.json()).errors).toHaveLength(1);
    }
  });
});

describe('websites', () => {
  it('are made, renamed, set up, listed and deleted with their builds', async () => {
    const server = await startTestServer();
    const headers = { 'Idempotency-Key': 'a' };
    const create = async () => {
      const response = await server.ask('/websites', { method: 'POST', json: { name: 'Shop' }, headers });
      expect(response.status).toBe(201);
      return WebsiteView.parse(await response.json());
    };
    const website = await create();
    expect(await create()).toEqual(website);
    const path = `/websites/${website.id}`;
    expect(await server.get(path, { method: 'PATCH', json: { name: 'Store' } })).toMatchObject({ name: 'Store' });
    const settings = { packageManager: 'pnpm', buildCommand: null, outputDirectory: 'out' };
    expect(await server.get(`${path}/settings`, { method: 'PUT', json: settings })).toEqual(settings);
    expect(await server.get(`${path}/settings`)).toEqual(settings);
    const { answer } = await server.upload({ fields: { websiteId: website.id } });
    expect(await server.get(`${path}/builds`)).toMatchObject({ total: 1, builds: [{ id: idOf(answer) }] });
    expect(await server.get('/websites')).toMatchObject({ websites: [{ id: website.id, buildCount: 1 }] });
    const deleted = await server.get(path, { method: 'DELETE' });
    expect(deleted).toEqual({ success: true, cancelledBuilds: [idOf(answer)], stoppedPreviews: 0 });
    expect((await server.ask(path)).status).toBe(404);
    expect(await server.get('/websites')).toEqual({ websites: [] });
    expect((await server.ask(`/${website.id}/build-status`)).status).toBe(404);
  });
});

it.each(['../../etc', '/etc', 'dist/../..', 'a\\..\\b', 'C:/x', '~/x', 'new\nline'])(
  'settings take no output folder outside the project: %j',
  async (outputDirectory) => {
    const server = await startTestServer();
    const { answer } = await server.upload();
    const put = await server.ask(`/websites/${answer.website.id}/settings`, {
      method: 'PUT',
      json: { outputDirectory },
    });
    const uploaded = await server.upload({ fields: { settings: JSON.stringify({ outputDirectory }) } });
    for (const problem of [Problem.parse(await put.json()), Problem.parse(uploaded.answer)]) {
      expect(problem).toMatchObject({ status: 422, code: 'invalid-request' });
      expect(problem.errors?.[0]?.path).toMatch(/outputDirectory$/);
    }
    const inside = { outputDirectory: 'packages/a..b/.output' };
    const taken = await server.ask(`/websites/${answer.website.id}/settings`, { method: 'PUT', json: inside });
    expect(taken.status).toBe(200);
  },
);

describe('queries', () => {
  it.each([
    ['logs?after=', 'after'],
    ['logs?after[]=1', ''],
    ['logs?after=1&after=2', 'after'],
    ['logs?limit=1e2', 'limit'],
    ['replay?revision=', 'revision'],
    ['replay?revision=-1', 'revision'],
    ['replay?revison=1', ''],
  ])('of a build that do not fit are refused with their names: %s', async (path, field) => {
    const server = await startTestServer();
    const { answer } = await server.upload();
    await expectRefused(await server.ask(`/jobs/${idOf(answer)}/${path}`), field);
  });

  it.each([
    ['from=%2B010000-01-01', 'from'],
    ['to=-000001-01-01', 'to'],
    ['to=9999-12-31T23:59:59-05:00', 'to'],
    ['from=yesterday', 'from'],
    ['page=', 'page'],
    ['sort[]=name', ''],
  ])('of the queue that do not fit are refused with their names: %s', async (query, field) => {
    const server = await startTestServer();
    await expectRefused(await server.ask(`/user/queue?${query}`), field);
    expect((await server.ask('/user/queue?from=2026-01-31&to=2026-01-31T12:00:00Z')).status).toBe(200);
  });

  async function expectRefused(response: Response, field: string): Promise<void> {
    const problem = Problem.parse(await response.json());
    expect(problem).toMatchObject({ status: 422, code: 'invalid-request' });
    expect(problem.errors?.map(({ path }) => path)).toEqual([field]);
  }
});

describe('notifications', () => {
  it('are read, all read and deleted', async () => {
    const server = await startTestServer();
    for (const name of ['a', 'b', 'c']) await server.upload({ name });
    const list = () =>
      server.get<{ notifications: { id: string; read: boolean }[]; unreadCount: number }>('/user/notifications');
    const [newest] = (await list()).notifications;
    const path = `/user/notifications/${encodeURIComponent(newest?.id ?? '')}`;
    expect(await server.get(`${path}/read`, { method: 'PATCH' })).toEqual({ success: true });
    expect(await list()).toMatchObject({ unreadCount: 2 });
    await server.get('/user/notifications/read-all', { method: 'PATCH' });
    expect(await list()).toMatchObject({ unreadCount: 0 });
    expect(await server.get(path, { method: 'DELETE' })).toEqual({ success: true });
    expect((await list()).notifications).toHaveLength(2);
    expect((await server.ask(path, { method: 'DELETE' })).status).toBe(404);
  });
});

describe('every answer that is a problem', () => {
  it('has the one shape, a stable code, and nothing of the inside', async () => {
    const server = await startTestServer();
    const json = { 'Content-Type': 'application/json' };
    const cases: readonly (readonly [string, RequestInit, number, string])[] = [
      ['/nowhere', {}, 404, 'not-found'],
      ['/jobs/%ff', {}, 400, 'malformed-request'],
      ['/jobs/..%2f..%2fetc', {}, 404, 'not-found'],
      ['/websites', { method: 'POST', headers: json, body: '{"name":' }, 400, 'malformed-json'],
      [
        '/websites',
        { method: 'POST', headers: json, body: JSON.stringify({ name: 'x'.repeat(200_000) }) },
        413,
        'body-too-large',
      ],
      [
        '/websites',
        { method: 'POST', headers: { ...json, 'Content-Encoding': 'xyz' }, body: '{}' },
        415,
        'encoding-unsupported',
      ],
      ['/websites', { method: 'POST', headers: json, body: '{"name":""}' }, 422, 'invalid-request'],
      [
        '/websites',
        { method: 'POST', headers: { ...json, 'Idempotency-Key': 'x'.repeat(256) }, body: '{"name":"x"}' },
        422,
        'invalid-request',
      ],
    ];
    for (const [path, init, status, code] of cases) {
      const response = await server.ask(path, init as never);
      expect([path, response.status]).toEqual([path, status]);
      expect(response.headers.get('Content-Type')).toBe('application/problem+json; charset=utf-8');
      const text = await response.text();
      expect(Problem.parse(JSON.parse(text))).toMatchObject({ status, code });
      expect(text).not.toMatch(/node_modules|\.ts:|at .*\(/);
      expect(response.headers.get('X-Request-Id')).toBeTruthy();
      expect(response.headers.get('X-Powered-By')).toBeNull();
    }
    const asset = await server.ask(`${server.url}/missing.js`);
    expect(asset.status).toBe(404);
  });

  it('refuses what would be recorded while the event store is away, and the store’s end does not end the server', async () => {
    const server = await startTestServer();
    await server.parts.store.stop();
    const response = await server.ask('/websites', { method: 'POST', json: { name: 'x' } });
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '1']);
    expect(Problem.parse(await response.json()).code).toBe('event-store-unavailable');
    const ready = await server.ask(`${server.url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'degraded', store: 'unreachable' }]);
    expect((await server.ask(`${server.url}/healthz`)).status).toBe(200);
  });
});

describe('a write', () => {
  it('is seen by the reads that follow it, by header and by cookie', async () => {
    const server = await startTestServer();
    for (let n = 0; n < 20; n++) {
      const response = await server.ask('/websites', { method: 'POST', json: { name: `site ${n}` } });
      const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
      const headers = { 'X-Yardmaster-Position': response.headers.get('X-Yardmaster-Position') ?? '', Cookie: cookie };
      const { websites } = await server.get<{ websites: unknown[] }>('/websites', { headers });
      expect(websites).toHaveLength(n + 1);
    }
    for (const position of ['nonsense', '-1', '🎉'.codePointAt(0)?.toString() ?? '']) {
      expect((await server.ask('/websites', { headers: { 'X-Yardmaster-Position': position } })).status).toBe(200);
    }
  });
});

describe('the dashboard', () => {
  it('is served at every page of it, with a policy that lets nothing foreign in', async () => {
    const { mkdtemp, mkdir, writeFile } = await import('node:fs/promises');
    const folder = await mkdtemp('/tmp/yardmaster-dashboard-');
    await mkdir(`${folder}/assets`);
    await writeFile(`${folder}/index.html`, '<div id="root"></div>');
    await writeFile(`${folder}/assets/app-1.js`, 'x');
    const server = await startTestServer({ dashboardDir: folder });
    for (const path of ['/', '/jobs/1', '/sign-in']) {
      const response = await server.ask(`${server.url}${path}`, { as: null, headers: { Accept: 'text/html' } });
      expect(await response.text()).toContain('<div id="root">');
      expect(response.headers.get('Cache-Control')).toBe('no-cache');
      expect(response.headers.get('Content-Security-Policy')).toContain("script-src 'self'");
    }
    const asset = await server.ask(`${server.url}/assets/app-1.js`, { as: null });
    expect(asset.headers.get('Cache-Control')).toContain('immutable');
    expect((await server.ask(`${server.url}/assets/none.js`, { as: null })).status).toBe(404);
  });

  it('is sent compressed to whoever takes that, and as it is to others', async () => {
    const { mkdtemp, mkdir, writeFile } = await import('node:fs/promises');
    const { gzipSync } = await import('node:zlib');
    const folder = await mkdtemp('/tmp/yardmaster-dashboard-');
    await mkdir(`${folder}/assets`);
    await writeFile(`${folder}/assets/app-1.js`, 'plain');
    await writeFile(`${folder}/assets/app-1.js.gz`, gzipSync('compressed'));
    await writeFile(`${folder}/assets/app-2.js`, 'plain');
    const server = await startTestServer({ dashboardDir: folder });
    const script = (name: string, encoding: string) =>
      server.ask(`${server.url}/assets/${name}`, { as: null, headers: { 'Accept-Encoding': encoding } });
    const compressed = await script('app-1.js', 'gzip, br');
    expect(compressed.headers.get('Content-Encoding')).toBe('gzip');
    expect(compressed.headers.get('Content-Type')).toContain('text/javascript');
    expect(compressed.headers.get('Cache-Control')).toContain('immutable');
    expect(compressed.headers.get('Vary')).toContain('Accept-Encoding');
    expect(await compressed.text()).toBe('compressed');
    expect(await (await script('app-1.js', 'identity')).text()).toBe('plain');
    expect(await (await script('app-2.js', 'gzip')).text()).toBe('plain');
  });

  it('that is not built says so', async () => {
    const server = await startTestServer();
    const response = await server.ask(`${server.url}/`, { as: null, headers: { Accept: 'text/html' } });
    expect(response.status).toBe(503);
    expect(await response.text()).toContain('not built');
  });
});
