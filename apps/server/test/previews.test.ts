import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { ArtifactId, type JobId } from '@yardmaster/domain';
import type { JobDetail } from '@yardmaster/protocol';
import { describe, expect, it } from 'vitest';
import { writeTarGz } from '../../../packages/build-runner/test/fixtures/tar-writer.ts';
import { driveBuild } from './build-driver.ts';
import { idOf, startTestServer, type TestServer } from './server-fixture.ts';

const files = {
  'index.html': '<h1>home</h1>',
  'about/index.html': '<h1>about</h1>',
  'assets/app-1a2b.js': 'console.log("hello, world")',
  'with space#1.txt': 'odd',
  '.env': 'SECRET=1',
  '.well-known/security.txt': 'Contact: x',
};

/** A completed build of the website that serves `files`; its output was handed in as a worker does. */
async function completedBuild(server: TestServer, { spa = false, page = files['index.html'] } = {}): Promise<JobId> {
  const { answer } = await server.upload();
  const jobId = idOf(answer);
  const build = driveBuild(server, jobId);
  await build.claim();
  const { artifacts, actors, readModels } = server.parts;
  const folder = await artifacts.stagingPath();
  for (const [path, text] of Object.entries({ ...files, 'index.html': page })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const artifactId = ArtifactId.parse(`output-${jobId}`);
  await artifacts.putFolder(artifactId, folder);
  await build.publish(artifactId, { spa });
  // Without the orchestrator nobody answers the publication: the test starts the preview itself.
  const record = readModels.job(jobId);
  const started = await actors.preview.handle(
    jobId,
    {
      type: 'StartPreview',
      websiteId: answer.website.id as never,
      ownerId: server.admin.id,
      name: record?.previewName ?? '',
      slug: readModels.website(answer.website.id as never)?.slug ?? '',
      artifactId,
      spa,
      expiresAt: null,
    },
    { actor: { kind: 'system', name: 'test' } },
  );
  if (!started.ok || started.position === null) throw new Error('no preview');
  await build.complete();
  return jobId;
}

/** Asks for a host's page, which `fetch` cannot: it sets the Host header itself. */
function visit(
  server: TestServer,
  label: string,
  path = '/',
  { method = 'GET', headers = {} }: { method?: string; headers?: Readonly<Record<string, string>> } = {},
) {
  return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>((resolve, reject) => {
    const host = `${label}.preview.localhost:${server.port}`;
    request({ host: '127.0.0.1', port: server.port, path, method, headers: { host, ...headers } }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    })
      .on('error', reject)
      .end();
  });
}

describe('a preview', () => {
  it('is served under the name of its build and of its website, each with its own caching', async () => {
    const server = await startTestServer();
    const jobId = await completedBuild(server);
    const { previewUrl } = await server.get<JobDetail>(`/jobs/${jobId}`);
    expect(previewUrl).toBe(`http://garden-club-1.preview.localhost:${server.port}`);
    for (const [label, caching] of [
      ['garden-club-1', 'public, max-age=31536000, immutable'],
      ['garden-club', 'public, max-age=60'],
    ] as const) {
      const home = await visit(server, label);
      expect(home).toMatchObject({ status: 200, text: '<h1>home</h1>' });
      expect(home.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'public, no-cache',
      });
      const script = await visit(server, label, '/assets/app-1a2b.js');
      expect(script.headers['content-type']).toMatch(/javascript/);
      expect(script.headers['cache-control']).toBe(caching);
      const headers = { 'if-none-match': String(home.headers.etag) };
      expect(await visit(server, label, '/', { headers })).toMatchObject({ status: 304, text: '' });
      const range = await visit(server, label, '/assets/app-1a2b.js', { headers: { range: 'bytes=0-6' } });
      expect(range).toMatchObject({ status: 206, text: 'console' });
      expect(home.headers['set-cookie']).toBeUndefined();
    }
  });

  it('under the website’s name is the newest good build', async () => {
    const server = await startTestServer();
    await completedBuild(server);
    await completedBuild(server, { page: '<h1>newer</h1>' });
    expect((await visit(server, 'garden-club')).text).toBe('<h1>newer</h1>');
    expect((await visit(server, 'garden-club-1')).text).toBe('<h1>home</h1>');
    const before = await visit(server, 'garden-club-1');
    const after = await visit(server, 'garden-club', '/', {
      headers: { 'if-none-match': String(before.headers.etag) },
    });
    expect(after.status).toBe(200);
  });

  it('finds pages of folders and odd names, and falls back to the start page only for an application', async () => {
    const server = await startTestServer();
    await completedBuild(server);
    expect((await visit(server, 'garden-club', '/about/')).text).toBe('<h1>about</h1>');
    expect(await visit(server, 'garden-club', '/about')).toMatchObject({ status: 301 });
    expect((await visit(server, 'garden-club', '/with%20space%231.txt')).text).toBe('odd');
    const missing = await visit(server, 'garden-club', '/users/7');
    expect(missing.status).toBe(404);
    expect(missing.text).toContain('no such page');
    await completedBuild(server, { spa: true });
    expect(await visit(server, 'garden-club', '/users/7')).toMatchObject({ status: 200, text: '<h1>home</h1>' });
    expect((await visit(server, 'garden-club', '/assets/none.js')).status).toBe(404);
  });

  it('gives nothing but its own files, and no hidden ones', async () => {
    const server = await startTestServer();
    await completedBuild(server);
    const paths = [
      '/.env',
      '/../admin-token',
      '/..%2f..%2fadmin-token',
      '/%2e%2e/%2e%2e/admin-token',
      '/..\\..\\admin-token',
      '/about/../../../admin-token',
      '/%00',
      '/%',
      '//evil.example/',
    ];
    for (const path of paths) {
      const { status, text, headers } = await visit(server, 'garden-club', path);
      expect([path, status]).toEqual([path, 404]);
      expect(text).not.toContain(server.admin.token);
      expect(headers.location).toBeUndefined();
    }
    expect((await visit(server, 'garden-club', '/.well-known/security.txt')).status).toBe(200);
    expect((await visit(server, 'garden-club', '/', { method: 'POST' })).status).toBe(405);
    expect((await visit(server, 'garden-club', '/api/website-builder/auth/me')).status).toBe(404);
  });

  it('that is not there has a page that says so', async () => {
    const server = await startTestServer();
    for (const label of ['nobody', 'a.b', '']) {
      const { status, text } = await visit(server, label);
      expect(status).toBe(404);
      expect(text).toContain('There is no preview here');
    }
  });
});

describe('a worker', () => {
  it('that breaks off while it hands its output in is no error of the server', async () => {
    const entries: string[] = [];
    const brokenOff = Promise.withResolvers<void>();
    const note = (level: string) => (_fields: object, message: string) => {
      entries.push(`${level}: ${message}`);
      if (message.startsWith('request ') && level !== 'info') brokenOff.resolve();
      if (message === 'request broken off by its client') brokenOff.resolve();
    };
    const server = await startTestServer({
      log: { info: note('info'), warn: note('warn'), error: note('error') },
    });
    const jobId = idOf((await server.upload()).answer);
    await driveBuild(server, jobId).claim();
    const { artifactTokens, clock } = server.parts;
    const expiresAt = new Date(clock.now().getTime() + 60_000).toISOString();
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      [
        `PUT /api/website-builder/artifacts/jobs/${jobId}/output HTTP/1.1`,
        'Host: localhost',
        `Authorization: Bearer ${artifactTokens.issue({ jobId, attempt: 1, expiresAt })}`,
        'Content-Length: 1000000',
        '\r\n',
      ].join('\r\n'),
    );
    socket.write(writeTarGz([{ name: 'index.html', data: 'built' }]).subarray(0, 40));
    while ((await server.stored()).staging.length === 0) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    await brokenOff.promise;
    expect(entries).toContain('info: request broken off by its client');
    expect(entries.filter((entry) => entry.startsWith('error'))).toEqual([]);
    while ((await server.stored()).staging.length > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it('hands its output in for the attempt that it has, once', async () => {
    const server = await startTestServer();
    const jobId = idOf((await server.upload()).answer);
    await driveBuild(server, jobId).claim();
    const { artifactTokens, clock, artifacts } = server.parts;
    const expiresAt = new Date(clock.now().getTime() + 60_000).toISOString();
    const put = async (body: Buffer, attempt = 1) => {
      const response = await server.ask(`/artifacts/jobs/${jobId}/output`, {
        as: null,
        method: 'PUT',
        headers: { Authorization: `Bearer ${artifactTokens.issue({ jobId, attempt, expiresAt })}` },
        body: new Uint8Array(body),
      });
      return { status: response.status, answer: (await response.json()) as { artifactId: string; code?: string } };
    };
    const output = writeTarGz([
      { name: 'index.html', data: 'built' },
      { name: 'a/b.txt', data: 'b' },
    ]);
    const bad: readonly (readonly [Buffer, string])[] = [
      [Buffer.from('no archive'), 'archive-corrupt'],
      [output.subarray(0, 40), 'archive-truncated'],
      [writeTarGz([{ name: '../x' }]), 'path-traversal'],
      [writeTarGz([{ name: 'x', type: '2', target: '/etc' }]), 'symlink-refused'],
      [writeTarGz([{ name: 'x' }, { name: 'y', type: '2', target: 'x' }]), 'unfit-artifact'],
    ];
    for (const [body, code] of bad) expect((await put(body)).answer.code).toBe(code);
    const first = await put(output);
    expect(first).toMatchObject({ status: 201, answer: { files: 2, sizeBytes: 6 } });
    expect(await put(output)).toEqual(first);
    expect(await put(writeTarGz([{ name: 'index.html', data: 'another one' }]))).toEqual(first); // what is stored
    expect(await artifacts.path(ArtifactId.parse(first.answer.artifactId))).not.toBeNull();
    expect(await put(output, 2)).toMatchObject({ status: 409, answer: { code: 'stale-attempt' } });
    expect((await server.stored()).staging).toEqual([]);
  });
});
