import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { problemOf, type UploadFile } from './support/api.ts';
import { untilEnded } from './support/builds.ts';
import { brokenLinks, withStore } from './support/histories.ts';
import { useInstallation } from './support/installation.ts';
import { residentBytes } from './support/processes.ts';
import { plainWebsite, zipOf } from './support/projects.ts';
import { until } from './support/until.ts';
import { type ZipEntry, zip } from './support/zip.ts';

const MAX_ARCHIVE_BYTES = 16_000_000;
const MAX_FILES = 100_000;
const BOMB_BYTES = 150_000_000;
/**
 * However fast the uploads come: 16 MB of garbage until the server collects all of it, 10 MB that come on top before it
 * looks and while freed buffers are given back, 10 MB for the names and places of 100,000 files, 14 MB of buffers to read
 * the directory of the archive of 100,001 files, and 14 MB for what the allocators keep between what is in use.
 */
const MAX_GROWTH_BYTES = 64 * 1024 * 1024;
const SAMPLE_MS = 20;

const installation = useInstallation({
  YARDMASTER_WORKERS: '1',
  YARDMASTER_UPLOAD_MAX_BYTES: String(MAX_ARCHIVE_BYTES),
});

const page: ZipEntry = { path: 'index.html', content: Buffer.from('<h1>hello</h1>') };
const archive = (content: Buffer): readonly UploadFile[] => [{ name: 'site.zip', content }];
const withEntry = (entry: ZipEntry) => () => archive(zip([page, entry]));
const tooMany = (path: (n: number) => string): readonly string[] =>
  Array.from({ length: MAX_FILES + 1 }, (_, n) => (n === 0 ? 'index.html' : path(n)));

/** Made when they are used, since some are large. */
const refusals: readonly {
  readonly what: string;
  readonly files: () => readonly UploadFile[];
  readonly status: number;
  readonly code: string;
}[] = [
  {
    what: 'something that is no archive',
    files: () => archive(Buffer.from('Just some words, whatever the name says.')),
    status: 415,
    code: 'archive-unrecognised',
  },
  {
    what: 'a zip that was cut short',
    files: () => {
      const whole = zipOf(plainWebsite('cut'));
      return archive(whole.subarray(0, Math.floor(whole.length / 2)));
    },
    status: 422,
    code: 'archive-truncated',
  },
  {
    what: 'a path that climbs out',
    files: withEntry({ path: '../../outside.txt', content: Buffer.from('out') }),
    status: 422,
    code: 'path-traversal',
  },
  {
    what: 'an absolute path',
    files: withEntry({ path: '/tmp/outside.txt', content: Buffer.from('out') }),
    status: 422,
    code: 'path-absolute',
  },
  {
    what: 'a symbolic link that leads out',
    files: withEntry({ path: 'secrets', content: Buffer.from('../../../etc'), mode: 0o120777 }),
    status: 422,
    code: 'symlink-refused',
  },
  {
    what: 'a bomb that says what it is',
    files: withEntry({ path: 'zeros', content: Buffer.alloc(BOMB_BYTES) }),
    status: 422,
    code: 'compression-ratio',
  },
  {
    what: 'a bomb whose headers lie about it',
    files: withEntry({ path: 'zeros', content: Buffer.alloc(BOMB_BYTES), claimedSize: 1_000 }),
    status: 422,
    code: 'archive-corrupt',
  },
  {
    what: 'an archive of 100,001 files',
    files: () => archive(zip(tooMany((n) => `${n}.txt`).map((path) => ({ path, content: Buffer.alloc(0) })))),
    status: 413,
    code: 'too-many-files',
  },
  { what: 'an empty archive', files: () => archive(zip([])), status: 422, code: 'archive-empty' },
  {
    what: 'an archive over the size limit',
    files: () => archive(zip([page, { path: 'noise', content: randomBytes(MAX_ARCHIVE_BYTES + 1_000_000) }])),
    status: 413,
    code: 'archive-too-large',
  },
  {
    what: 'two files of one name',
    files: withEntry({ path: './index.html', content: Buffer.from('<h1>the other one</h1>') }),
    status: 422,
    code: 'duplicate-path',
  },
];

/** The same violations by other ways in. */
const variants: typeof refusals = [
  {
    what: 'a folder with a path that climbs out',
    files: () => [
      { name: 'index.html', content: page.content, path: 'site/index.html' },
      { name: 'x.txt', content: page.content, path: 'site/../../x.txt' },
    ],
    status: 422,
    code: 'path-traversal',
  },
  {
    what: 'a bomb whose headers claim a size that is allowed',
    files: withEntry({ path: 'zeros', content: Buffer.alloc(BOMB_BYTES), claimedSize: 9_000_000 }),
    status: 422,
    code: 'archive-corrupt',
  },
  {
    what: 'a folder of 100,001 files',
    files: () => tooMany((n) => `${n}.txt`).map((name) => ({ name, content: Buffer.from('x') })),
    status: 413,
    code: 'too-many-files',
  },
];

/**
 * A request of these files as it goes over the wire. Sent in one piece it comes as fast as the server takes it, which is
 * when most of it is in memory.
 */
function multipart(files: readonly UploadFile[]): RequestInit {
  const boundary = 'a-boundary-of-the-tests';
  const part = (parameters: string, content: Buffer) => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${parameters}\r\n\r\n`),
    content,
    Buffer.from('\r\n'),
  ];
  const paths = files.flatMap(({ path }) => (path === undefined ? [] : part('name="paths"', Buffer.from(path))));
  const contents = files.flatMap(({ name, content }) => part(`name="files"; filename="${name}"`, content));
  const name = part('name="name"', Buffer.from('bad'));
  return {
    body: new Uint8Array(Buffer.concat([...name, ...paths, ...contents, Buffer.from(`--${boundary}--\r\n`)])),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  };
}

/** Every file and folder that an upload could leave behind. */
function onDisk(): readonly string[] {
  const { dataDir } = installation.product;
  return ['staging', 'artifacts']
    .flatMap((folder) =>
      readdirSync(join(dataDir, folder), { recursive: true }).map((path) => join(folder, String(path))),
    )
    .toSorted();
}

const isStaged = (path: string): boolean => path.startsWith('staging/');

/** The codes of all refusals that the store holds, in order. */
function recordedRefusals(): Promise<readonly string[]> {
  return withStore(installation.product.storeLocation, async (store) => {
    const events = await store.readStream('user-admin');
    return events
      .filter(({ type }) => type === 'UploadRefused')
      .map(({ data }) => (data as { readonly code: string }).code); // by the schema of this event
  });
}

let onDiskBefore: readonly string[] = [];
const memory = { pid: 0, before: 0, highest: 0 };

/** A good upload as large as they come, so that what the server needs once for every upload is not counted as growth. */
beforeAll(async () => {
  const { product } = installation;
  const good = zip([page, { path: 'noise.bin', content: randomBytes(MAX_ARCHIVE_BYTES - 1_000_000) }]);
  const { website } = await product.api.uploadArchive('good', good);
  expect((await untilEnded(product, website.buildJobId)).status).toBe('completed');
  onDiskBefore = await until('the log of the build has been put away', () => {
    const paths = onDisk();
    return paths.some((path) => path.startsWith('artifacts/log-')) && !paths.some(isStaged) ? paths : null;
  });
  memory.pid = product.processes().server ?? 0;
  memory.before = residentBytes(memory.pid);
  const sampling = setInterval(() => {
    memory.highest = Math.max(memory.highest, residentBytes(memory.pid));
  }, SAMPLE_MS);
  return () => clearInterval(sampling);
});

describe('an upload is refused, recorded and leaves nothing behind:', () => {
  test.each([...refusals, ...variants])('$what', async ({ files, status, code }) => {
    const before = await recordedRefusals();
    const response = await installation.product.api.send('POST', '/upload', multipart(files()));
    const problem = await problemOf(response);
    expect({ status: response.status, code: problem.code }).toEqual({ status, code });
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(problem.hint).toEqual(expect.any(String));
    expect(await recordedRefusals()).toEqual([...before, code]);
    expect(onDisk()).toEqual(onDiskBefore);
  });
});

test('each kind of bad upload has a code of its own', () => {
  expect(new Set(refusals.map(({ code }) => code)).size).toBe(refusals.length);
});

test('refusing them took the server less than 64 MB of memory', () => {
  expect(installation.product.processes().server).toBe(memory.pid);
  expect(memory.highest - memory.before).toBeLessThan(MAX_GROWTH_BYTES);
});

test('none of it made a website or a build, and the chain of the refusals holds', async () => {
  const { product } = installation;
  const { completedJobs, totalActive } = await product.api.queue();
  expect([completedJobs.map(({ websiteName }) => websiteName), totalActive]).toEqual([['good'], 0]);
  expect(await brokenLinks(product.storeLocation)).toEqual([]);
});
