import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type JobDetail, Problem, UploadAnswer } from '@yardmaster/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import { writeTarGz } from '../../../packages/build-runner/test/fixtures/tar-writer.ts';
import { writeZip } from '../../../packages/build-runner/test/fixtures/zip-writer.ts';
import { aWebsiteZip, idOf, startTestServer, type TestServer } from './server-fixture.ts';

const page = { name: 'index.html', data: '<h1>hello</h1>' };
const manifest = { name: 'package.json', data: '{"dependencies":{"react":"19"}}' };

describe('an upload', () => {
  it('is answered with the website, the job and its place, and can be read at once', async () => {
    const server = await startTestServer();
    const { response, answer } = await server.upload({ zip: writeZip([page, manifest]) });
    expect(response.status).toBe(201);
    expect(UploadAnswer.parse(answer)).toMatchObject({
      queuePosition: 1,
      website: { name: 'Garden club', type: 'react' },
    });
    expect(response.headers.get('Location')).toBe(`/api/website-builder/jobs/${idOf(answer)}`);
    expect(response.headers.get('X-Yardmaster-Position')).toMatch(/^\d+$/);
    const job = await server.get<JobDetail>(`/jobs/${idOf(answer)}`);
    expect(job).toMatchObject({ status: 'queued', queuePosition: 1, buildNumber: 1, priority: 5 });
    const { artifacts, staging } = await server.stored();
    expect(artifacts).toHaveLength(1);
    expect(staging).toEqual([]);
    expect(await readFile(join(server.dataDir, 'artifacts', artifacts[0] ?? ''))).toEqual(writeZip([page, manifest]));
  });

  it('of the same name builds the same website again, and so does one that names its id', async () => {
    const server = await startTestServer();
    const { answer: first } = await server.upload();
    const { answer: second } = await server.upload();
    const { answer: third } = await server.upload({ name: '', fields: { websiteId: first.website.id } }).catch(() => ({
      answer: null,
    }));
    expect(second.website.id).toBe(first.website.id);
    expect(third).toMatchObject({ code: 'invalid-request' }); // an empty name is no name
    const form = new FormData();
    form.set('websiteId', first.website.id);
    form.append('files', new Blob([new Uint8Array(aWebsiteZip())]), 'site.zip');
    const fourth = await server.ask('/upload', { method: 'POST', body: form });
    expect(await fourth.json()).toMatchObject({ website: { id: first.website.id }, queuePosition: 3 });
  });

  it('takes priority, preview and settings, and gives the better place to the higher priority', async () => {
    const server = await startTestServer();
    await server.upload({ name: 'slow' });
    const { answer } = await server.upload({
      name: 'fast',
      fields: { priority: '9', preview: 'static', settings: '{"outputDirectory":"out"}' },
    });
    expect(answer.queuePosition).toBe(1);
    const events = await server.get<{ events: { data: { settings: unknown } }[] }>(`/jobs/${idOf(answer)}/events`);
    expect(events.events[0]?.data.settings).toMatchObject({ outputDirectory: 'out', packageManager: null });
  });

  it.each([
    ['paths as JSON before the files', ['paths', 'files']],
    ['paths as JSON after the files', ['files', 'paths']],
  ])('of a folder keeps its paths: %s', async (_name, order) => {
    const server = await startTestServer();
    const form = new FormData();
    form.set('name', 'folder');
    for (const part of order) {
      if (part === 'paths') form.set('paths', JSON.stringify(['site/index.html', 'site/src/empty.js', 'site/a.zip']));
      else for (const text of ['<h1>hi</h1>', '', 'PK\x03\x04']) form.append('files', new Blob([text]), 'blob');
    }
    const response = await server.ask('/upload', { method: 'POST', body: form });
    expect(await response.json()).toMatchObject({ success: true });
    expect(await pathsInStoredArchive(server)).toEqual(['site/index.html', 'site/src/empty.js', 'site/a.zip']);
  });

  it('of a folder takes one paths field per file, or the names of the files', async () => {
    const server = await startTestServer();
    for (const names of ['fields', 'files'] as const) {
      const form = new FormData();
      form.set('name', names);
      for (const path of ['index.html', 'css/a.css']) {
        if (names === 'fields') form.append('paths', path);
        form.append('files', new Blob(['x']), names === 'files' ? path : 'blob');
      }
      const response = await server.ask('/upload', { method: 'POST', body: form });
      expect(response.status).toBe(201);
    }
    expect((await server.stored()).artifacts).toHaveLength(2);
  });

  it('with an idempotency key makes one build, however often it is sent', async () => {
    const server = await startTestServer();
    const headers = { 'Idempotency-Key': 'one' };
    const [first, again] = await Promise.all([server.upload({ headers }), server.upload({ headers })]);
    const late = await server.upload({ headers });
    expect(again.answer.website).toEqual(first.answer.website);
    expect(late.answer.website).toEqual(first.answer.website);
    const other = await server.upload({ headers: { 'Idempotency-Key': 'two' } });
    expect(other.answer.website.buildJobId).not.toBe(first.answer.website.buildJobId);
    expect(await server.get('/user/queue')).toMatchObject({ totalActive: 2 });
    expect((await server.stored()).artifacts).toHaveLength(2);
  });

  it('with an idempotency key of another upload is refused and leaves nothing', async () => {
    const server = await startTestServer();
    const headers = { 'Idempotency-Key': 'one' };
    const other = writeZip([page, manifest]);
    const together = await Promise.all([server.upload({ headers }), server.upload({ headers, zip: other })]);
    expect(together.map(({ response }) => response.status).toSorted()).toEqual([201, 422]);
    const [first] = together.filter(({ response }) => response.status === 201);
    const [kept, dropped] = first === together[0] ? [aWebsiteZip(), other] : [other, aWebsiteZip()];
    for (const repeated of [{ zip: dropped }, { zip: kept, name: 'Another' }]) {
      const { response, answer } = await server.upload({ headers, ...repeated });
      expect([response.status, Problem.parse(answer).code]).toEqual([422, 'idempotency-key-reused']);
    }
    expect((await server.upload({ headers, zip: kept })).answer.website).toEqual(first?.answer.website);
    expect((await server.stored()).artifacts).toHaveLength(1);
    expect(await server.get('/websites')).toMatchObject({ websites: [{ name: 'Garden club', buildCount: 1 }] });
  });

  it('that the client breaks off leaves nothing behind', async () => {
    const server = await startTestServer();
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      [
        'POST /api/website-builder/upload HTTP/1.1',
        'Host: localhost',
        `Authorization: Bearer ${server.admin.token}`,
        'Content-Type: multipart/form-data; boundary=b',
        'Content-Length: 1000000',
        '',
        '--b\r\nContent-Disposition: form-data; name="files"; filename="a.zip"\r\n\r\nPK\x03\x04',
      ].join('\r\n'),
    );
    await until(async () => (await server.stored()).staging.length > 0);
    socket.destroy();
    await until(async () => (await server.stored()).staging.length === 0);
    expect((await server.stored()).artifacts).toEqual([]);
  });
});

const small = {
  YARDMASTER_UPLOAD_MAX_BYTES: '200000',
  YARDMASTER_UPLOAD_MAX_FILES: '20',
  YARDMASTER_UPLOAD_MAX_FILE_BYTES: '150000',
  YARDMASTER_UPLOAD_MAX_UNPACKED_BYTES: '300000',
  YARDMASTER_UPLOAD_RATIO_FLOOR_BYTES: '10000',
};
const noise = (bytes: number) =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(Math.min(bytes, 65_536))))
    .toString('latin1')
    .repeat(Math.ceil(bytes / 65_536))
    .slice(0, bytes);
const many = (count: number) => Array.from({ length: count }, (_, n) => ({ name: `f${n}`, data: 'x' }));

const refusals: readonly (readonly [string, () => Buffer, number, string])[] = [
  ['a text', () => Buffer.from('hello, this is no archive'), 415, 'archive-unrecognised'],
  ['an empty file', () => Buffer.alloc(0), 422, 'archive-empty'],
  ['an empty archive', () => writeZip([]), 422, 'archive-empty'],
  [
    'a truncated zip',
    () => writeZip([page, { name: 'b', data: noise(5_000) }]).subarray(0, 300),
    422,
    'archive-truncated',
  ],
  ['../ in a path', () => writeZip([page, { name: '../evil' }]), 422, 'path-traversal'],
  ['an absolute path', () => writeZip([page, { name: '/etc/passwd' }]), 422, 'path-absolute'],
  [
    'a link that leads out',
    () => writeTarGz([page, { name: 'out', type: '2', target: '../../etc' }]),
    422,
    'symlink-refused',
  ],
  ['a device', () => writeTarGz([page, { name: 'dev', type: '3' }]), 422, 'special-file'],
  ['duplicate names', () => writeZip([page, { name: 'a' }, { name: 'a' }]), 422, 'duplicate-path'],
  ['too many files', () => writeZip([page, ...many(20)]), 413, 'too-many-files'],
  [
    'an upload over the limit',
    () => Buffer.concat([writeZip([page]), Buffer.alloc(200_001)]),
    413,
    'archive-too-large',
  ],
  ['a file over the limit', () => writeZip([page, { name: 'b', data: noise(150_001) }]), 413, 'file-too-large'],
  ['a bomb', () => writeZip([page, { name: 'zeros', data: Buffer.alloc(140_000) }]), 422, 'compression-ratio'],
  [
    'a bomb that lies',
    () => writeZip([page, { name: 'zeros', data: Buffer.alloc(140_000), claimedSize: 10 }]),
    422,
    'archive-corrupt',
  ],
  ['neither package.json nor page', () => writeZip([{ name: 'readme.md', data: 'x' }]), 422, 'nothing-to-build'],
];

describe('an upload is refused', () => {
  let server: TestServer;
  beforeAll(async () => {
    const ends: (() => Promise<void>)[] = [];
    server = await startTestServer({ env: small, onEnd: (end) => void ends.unshift(end) });
    return async () => {
      for (const end of ends) await end();
    };
  });

  it.each(refusals)('for %s, says so, records it and leaves nothing', async (_what, zip, status, code) => {
    const { response, answer } = await server.upload({ zip: zip() });
    expect(response.headers.get('Content-Type')).toContain('application/problem+json');
    expect(Problem.parse(answer)).toMatchObject({ status, code });
    expect(response.status).toBe(status);
    expect(Problem.parse(answer).hint).toBeTruthy();
    expect(await server.stored()).toEqual({ artifacts: [], staging: [] });
    const history = await server.parts.store.readStream('user-admin');
    expect(history.at(-1)).toMatchObject({ type: 'UploadRefused', data: { code, fileName: 'website.zip' } });
    expect(await server.get('/user/queue')).toMatchObject({ totalActive: 0 });
  });

  it('when it is no multipart request, has no files, or files elsewhere', async () => {
    const server = await startTestServer();
    const post = async (body: string | FormData) => {
      const response = await server.ask('/upload', { method: 'POST', body });
      const { code } = Problem.parse(await response.json());
      return [response.status, code];
    };
    expect(await post('plain text')).toEqual([415, 'not-multipart']);
    const form = new FormData();
    form.set('name', 'x');
    expect(await post(form)).toEqual([422, 'files-missing']);
    // Of a few bytes, and so large that most of it is still to come when it is refused.
    for (const content of ['x', Buffer.alloc(1_000_000)]) {
      form.delete('documents');
      form.append('documents', new Blob([content]), 'x.zip');
      expect(await post(form)).toEqual([422, 'unexpected-file']);
    }
    const cut = await server.ask('/upload', {
      method: 'POST',
      headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
      body: '--b\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nabc',
    });
    expect(Problem.parse(await cut.json())).toMatchObject({ status: 400, code: 'malformed-multipart' });
    expect((await server.stored()).staging).toEqual([]);
  });

  it('for names of files that take more room than all fields together may', async () => {
    const server = await startTestServer();
    const form = new FormData();
    const longName = 'n'.repeat(16_000);
    for (let n = 0; n < 1_100; n++) form.append('files', new Blob([]), longName);
    const response = await server.ask('/upload', { method: 'POST', body: form });
    expect(Problem.parse(await response.json())).toMatchObject({ status: 413, code: 'fields-too-large' });
    expect(await server.stored()).toEqual({ artifacts: [], staging: [] });
  });

  it('for fields that do not fit, naming each', async () => {
    const server = await startTestServer();
    const { response, answer } = await server.upload({
      fields: { priority: '10', preview: 'dev', settings: '{"x"' },
    });
    expect(response.status).toBe(422);
    const problem = Problem.parse(answer);
    expect(problem.errors?.map(({ path }) => path)).toEqual(['priority', 'preview', 'settings']);
    expect(await server.stored()).toEqual({ artifacts: [], staging: [] });
  });

  it('for more files than are allowed, and paths that lead out of the folder', async () => {
    const form = new FormData();
    form.set('name', 'x');
    for (let n = 0; n < 21; n++) form.append('files', new Blob(['x']), `f${n}`);
    const tooMany = await server.ask('/upload', { method: 'POST', body: form });
    expect(Problem.parse(await tooMany.json())).toMatchObject({ status: 413, code: 'too-many-files' });
    const out = new FormData();
    out.set('name', 'x');
    out.set('paths', '["index.html","../b"]');
    for (const text of ['a', 'b']) out.append('files', new Blob([text]), 'blob');
    const leadsOut = await server.ask('/upload', { method: 'POST', body: out });
    expect(Problem.parse(await leadsOut.json())).toMatchObject({ status: 422, code: 'path-traversal' });
    expect(await server.stored()).toEqual({ artifacts: [], staging: [] });
  });
});

it.each([
  [['index.html\0.png', 'b.txt']],
  [['lost.txt/', 'index.html']],
  [['index.html', 'a/.']],
  [['index.html', 'new\nline']],
  [['index.html', '\ud800']],
  [['.']],
  [['']],
])('an upload is refused for paths that name no file: %j', async (paths) => {
  const server = await startTestServer();
  const form = new FormData();
  form.set('name', 'x');
  form.set('paths', JSON.stringify(paths));
  for (const path of paths) form.append('files', new Blob([`<p>${path.length}</p>`]), 'blob');
  const response = await server.ask('/upload', { method: 'POST', body: form });
  expect(Problem.parse(await response.json())).toMatchObject({ status: 422, code: 'path-invalid' });
  expect(await server.stored()).toEqual({ artifacts: [], staging: [] });
});

async function pathsInStoredArchive(server: TestServer): Promise<readonly string[]> {
  const { gunzipSync } = await import('node:zlib');
  const [artifact = ''] = (await server.stored()).artifacts;
  const tar = gunzipSync(await readFile(join(server.dataDir, 'artifacts', artifact)));
  const paths: string[] = [];
  for (let at = 0; at < tar.length && tar[at] !== 0; ) {
    paths.push(tar.toString('utf8', at, tar.indexOf(0, at)));
    const size = Number.parseInt(tar.toString('latin1', at + 124, at + 135), 8);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return paths;
}

/** Asks again until it is so: what is waited for happens in the server after its client is gone. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
