import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { extractArchive } from '../../src/archive/extract-archive.ts';
import { inspectArchive } from '../../src/archive/inspect-archive.ts';
import { defaultArchiveLimits } from '../../src/archive/limits.ts';
import { type TarEntry, writeTarGz } from '../fixtures/tar-writer.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { writeZip, type ZipEntry } from '../fixtures/zip-writer.ts';

const page = { name: 'index.html', data: '<h1>hello</h1>' };
const limits = { ...defaultArchiveLimits, maxFiles: 50, maxUnpackedBytes: 400_000, maxFileBytes: 300_000 };
const signal = new AbortController().signal;

const judge = async (archive: Buffer, own = limits) => {
  const folder = await temporaryFolder();
  const file = join(folder, 'upload');
  await writeFile(file, archive);
  const inspected = await inspectArchive({ file, limits: own, signal });
  const extracted = await extractArchive({ file, into: join(folder, 'into'), limits: own, signal });
  return { inspected, extracted };
};

/** Both at upload and again at the worker, with the same code. */
const expectRefused = async (archive: Buffer, code: string, own = limits) => {
  const { inspected, extracted } = await judge(archive, own);
  expect(inspected).toMatchObject({ ok: false, rejection: { code } });
  expect(extracted).toMatchObject({ ok: false, rejection: { code } });
  if (!inspected.ok) {
    expect(inspected.rejection.message).not.toBe('');
    expect(inspected.rejection.hint).not.toBe('');
  }
};

const zip = (...entries: readonly ZipEntry[]) => writeZip([page, ...entries]);
const tar = (...entries: readonly TarEntry[]) => writeTarGz([page, ...entries]);

describe('an archive is refused', () => {
  it.each([
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n1234567890'), 'archive-unrecognised'],
    ['a RAR', Buffer.from('Rar!\x1a\x07\x01\x00'), 'archive-unrecognised'],
    ['two bytes', Buffer.from('PK'), 'archive-unrecognised'],
    ['an empty file', Buffer.alloc(0), 'archive-empty'],
    ['a zip without entries', writeZip([]), 'archive-empty'],
    ['a tar.gz without entries', writeTarGz([]), 'archive-empty'],
    ['a zip with only folders', writeZip([{ name: 'a/' }]), 'archive-empty'],
    ['a zip with only what macOS adds', writeZip([{ name: '__MACOSX/._a', data: 'x' }]), 'archive-empty'],
    ['a truncated zip', zip({ name: 'b', data: 'b'.repeat(5_000) }).subarray(0, 150), 'archive-truncated'],
    ['a truncated tar.gz', tar({ name: 'b', data: 'b'.repeat(5_000) }).subarray(0, 60), 'archive-truncated'],
    ['a zip with a wrong checksum', zip({ name: 'b', data: 'b', claimedCrc32: 1 }), 'archive-corrupt'],
    [
      'a zip with a stored, changed file',
      zip({ name: 'b', data: 'b', stored: true, claimedCrc32: 1 }),
      'archive-corrupt',
    ],
    ['gzip that holds no tar', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(2_000, 7)]), 'archive-corrupt'],
    ['an encrypted zip', zip({ name: 'b', data: 'b', flags: 0x801 }), 'archive-encrypted'],
    ['a zip with an exotic compression', zip({ name: 'b', data: 'b', method: 14 }), 'compression-unsupported'],
    ['../ in a zip', zip({ name: '../evil' }), 'path-traversal'],
    ['../ in a tar', tar({ name: 'a/../../evil' }), 'path-traversal'],
    ['..\\ in a zip', zip({ name: 'a\\..\\..\\evil' }), 'path-traversal'],
    ['an absolute path in a zip', zip({ name: '/etc/passwd' }), 'path-absolute'],
    ['an absolute path in a tar', tar({ name: '/etc/passwd' }), 'path-absolute'],
    ['a drive letter', zip({ name: 'C:/Windows/x' }), 'path-absolute'],
    ['a network share', zip({ name: '\\\\host\\share' }), 'path-absolute'],
    ['backslashes', zip({ name: 'src\\main.ts' }), 'path-invalid'],
    ['a NUL in a name', zip({ name: 'a\0b' }), 'path-invalid'],
    ['a line break in a name', tar({ name: 'a\nb' }), 'path-invalid'],
    ['a path of 1,025 bytes', zip({ name: `${'a/'.repeat(512)}b` }), 'path-too-long'],
    ['a name of 256 bytes', zip({ name: 'b'.repeat(256) }), 'path-too-long'],
    ['a link to an absolute path in a zip', zip({ name: 'l', data: '/etc/passwd', mode: 0o120777 }), 'symlink-refused'],
    ['a link out of a zip', zip({ name: 'a/l', data: '../../x', mode: 0o120777 }), 'symlink-refused'],
    ['a link out of a tar', tar({ name: 'a/l', type: '2', target: '../../x' }), 'symlink-refused'],
    [
      'a link that could climb out through another link',
      tar({ name: 'a/b/l', type: '2', target: '../../x' }, { name: 'm', type: '2', target: 'a/b/l/../..' }),
      'symlink-refused',
    ],
    ['a hard link', tar({ name: 'l', type: '1', target: 'index.html' }), 'special-file'],
    ['a device', tar({ name: 'd', type: '3' }), 'special-file'],
    ['a pipe in a tar', tar({ name: 'p', type: '6' }), 'special-file'],
    ['a device in a zip', zip({ name: 'd', mode: 0o060644 }), 'special-file'],
    ['the same file twice', zip({ name: 'a' }, { name: 'a' }), 'duplicate-path'],
    ['the same file by two spellings', tar({ name: 'a/b' }, { name: './a//b' }), 'duplicate-path'],
    ['a file that is also a folder', zip({ name: 'a' }, { name: 'a/b' }), 'duplicate-path'],
    ['a folder that is also a file', tar({ name: 'a/b' }, { name: 'a' }), 'duplicate-path'],
    ['a file below a link', tar({ name: 'a', type: '2', target: '.' }, { name: 'a/b' }), 'duplicate-path'],
    ['too many files in a zip', zip(...many(50)), 'too-many-files'],
    ['too many files in a tar', tar(...many(50)), 'too-many-files'],
    ['too many folders', zip({ name: `${'d/'.repeat(51)}x` }), 'too-many-files'],
    ['a million files by its own count', writeZip([page], { claimedEntries: 1_000_000 }), 'too-many-files'],
    ['a file that is too large', zip({ name: 'b', data: Buffer.alloc(300_001) }), 'file-too-large'],
    ['a tar with a file that is too large', tar({ name: 'b', data: Buffer.alloc(300_001) }), 'file-too-large'],
    [
      'files that are too large together',
      tar({ name: 'b', data: Buffer.alloc(250_000) }, { name: 'c', data: Buffer.alloc(250_000) }),
      'unpacked-too-large',
    ],
    [
      'entries that share their data',
      zip({ name: 'b', data: Buffer.alloc(250_000) }, { name: 'c', data: Buffer.alloc(250_000), sameDataAs: 1 }),
      'unpacked-too-large',
    ],
  ])('%s', async (_name, archive, code) => {
    await expectRefused(archive, code);
  });

  it('when it is larger than allowed', async () => {
    await expectRefused(zip(), 'archive-too-large', { ...limits, maxArchiveBytes: 20 });
  });

  it.each([
    ['small', 1_000],
    ['large', 250_000],
  ])('when a %s zip entry unpacks to more than its header says', async (_name, size) => {
    await expectRefused(zip({ name: 'b', data: Buffer.alloc(size), claimedSize: size - 100 }), 'archive-corrupt');
  });

  it('when it unpacks to more than a hundred times its size, above ten megabytes', async () => {
    const bomb = { name: 'zeros', data: Buffer.alloc(11 * 1024 * 1024) };
    await expectRefused(zip(bomb), 'compression-ratio', defaultArchiveLimits);
    await expectRefused(tar(bomb), 'compression-ratio', defaultArchiveLimits);
  });

  it('when zeros without end follow the end of a tar', async () => {
    const padded = writeTarGz([page, ...many(3)]);
    const tail = writeTarGz([{ name: 'never-read', data: Buffer.alloc(1_000_000) }]);
    const { inspected } = await judge(Buffer.concat([padded, tail]), { ...limits, maxFiles: 10 });
    expect(inspected).toMatchObject({ ok: false });
  });

  it('at upload when it holds nothing to build or to serve', async () => {
    const { inspected } = await judge(writeZip([{ name: 'notes.txt', data: 'x' }]));
    expect(inspected).toMatchObject({ ok: false, rejection: { code: 'nothing-to-build' } });
  });
});

describe('inspecting', () => {
  it('leaves nothing on the disk and throws when it is aborted', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'upload');
    await writeFile(file, zip());
    await expect(inspectArchive({ file, limits, signal: AbortSignal.abort() })).rejects.toThrow();
    await inspectArchive({ file, limits, signal });
    expect(await readdir(folder)).toEqual(['upload']);
  });

  it.each([
    ['zip', writeZip],
    ['tar.gz', writeTarGz],
  ] as const)('names root, framework and totals of a %s', async (format, write) => {
    const manifest = JSON.stringify({ dependencies: { react: '^19' } });
    const { inspected } = await judge(
      write([
        { name: 'my-app/src/main.tsx', data: 'x' },
        { name: 'my-app/package.json', data: manifest },
        { name: '__MACOSX/my-app/._package.json', data: 'x' },
        { name: 'my-app/.DS_Store', data: 'x' },
      ]),
    );
    expect(inspected).toMatchObject({ ok: true, format, root: 'my-app', packageJson: manifest });
  });

  it('reads names without the UTF-8 flag as UTF-8 where they are valid, and as CP437 otherwise', async () => {
    const { extracted, inspected } = await judge(
      zip({ name: 'grüße.txt', flags: 0, data: 'x' }, { name: Buffer.from([0x81, 0x2e, 0x74]), flags: 0, data: 'y' }),
    );
    expect(extracted.ok && inspected.ok).toBe(true);
  });
});

function many(count: number): { name: string; data: string }[] {
  return Array.from({ length: count }, (_, index) => ({ name: `f${index}`, data: 'x' }));
}
