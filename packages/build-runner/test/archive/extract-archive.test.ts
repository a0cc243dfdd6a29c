import { lstat, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { extractArchive, unpackOutput } from '../../src/archive/extract-archive.ts';
import { defaultArchiveLimits as limits } from '../../src/archive/limits.ts';
import { writeTarGz } from '../fixtures/tar-writer.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { writeZip } from '../fixtures/zip-writer.ts';

const signal = new AbortController().signal;

const unpack = async (archive: Buffer) => {
  const folder = await temporaryFolder();
  const file = join(folder, 'upload');
  await writeFile(file, archive);
  const into = join(folder, 'into');
  return { into, extraction: await extractArchive({ file, into, limits, signal }) };
};

describe('extracting', () => {
  it.each([
    [
      'zip',
      writeZip([
        { name: 'app/run.sh', data: 'echo', mode: 0o100755 },
        { name: 'app/a/b.txt', data: 'b' },
      ]),
    ],
    [
      'tar.gz',
      writeTarGz([
        { name: 'app/run.sh', data: 'echo', mode: 0o755 },
        { name: 'app/a/b.txt', data: 'b' },
      ]),
    ],
  ])('writes contents and the executable bit from a %s', async (_format, archive) => {
    const { into, extraction } = await unpack(archive);
    expect(extraction).toMatchObject({ ok: true, files: 2, root: 'app' });
    expect(await readFile(join(into, 'app/a/b.txt'), 'utf8')).toBe('b');
    expect((await stat(join(into, 'app/run.sh'))).mode & 0o111).toBe(0o111);
    expect((await stat(join(into, 'app/a/b.txt'))).mode & 0o111).toBe(0);
  });

  it('keeps links that stay inside', async () => {
    const { into, extraction } = await unpack(
      writeZip([
        { name: 'index.html', data: 'x' },
        { name: 'a/l', data: '../index.html', mode: 0o120777 },
      ]),
    );
    expect(extraction.ok).toBe(true);
    expect(await readlink(join(into, 'a/l'))).toBe('../index.html');
    expect(await readFile(join(into, 'a/l'), 'utf8')).toBe('x');
  });

  it('never writes through a link, whichever comes first', async () => {
    const { into, extraction } = await unpack(
      writeTarGz([
        { name: 'b', type: '2', target: 'a' },
        { name: 'a/x', data: 'x' },
        { name: 'b/y', data: 'y' },
      ]),
    );
    expect(extraction).toMatchObject({ ok: false, rejection: { code: 'duplicate-path' } });
    await expect(lstat(join(into, 'b'))).rejects.toThrow('ENOENT');
  });

  it('reads large and small, stored and deflated entries alike', async () => {
    const large = Buffer.alloc(1_000_000, 'abcdefghij');
    const { into } = await unpack(
      writeZip([
        { name: 'deflated', data: large },
        { name: 'stored', data: large, stored: true },
        { name: 'small', data: 'small', stored: true },
        { name: 'empty', data: '' },
      ]),
    );
    expect((await readFile(join(into, 'deflated'))).equals(large)).toBe(true);
    expect((await readFile(join(into, 'stored'))).equals(large)).toBe(true);
    expect(await readFile(join(into, 'small'), 'utf8')).toBe('small');
    expect(await readFile(join(into, 'empty'), 'utf8')).toBe('');
  });

  it('ends when it is aborted', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'upload');
    await writeFile(file, writeTarGz([{ name: 'a', data: Buffer.alloc(5_000_000) }]));
    const aborted = extractArchive({ file, into: join(folder, 'into'), limits, signal: AbortSignal.abort() });
    await expect(aborted).rejects.toThrow();
  });

  it('throws, and does not blame the archive, when this machine fails', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'upload');
    await writeFile(file, writeZip([{ name: 'a/b', data: 'x' }]));
    await expect(extractArchive({ file, into: join(file, 'below-a-file'), limits, signal })).rejects.toThrow('ENOTDIR');
  });

  it('refuses a shipped output that is cut short', async () => {
    const folder = await temporaryFolder();
    const archive = writeTarGz([{ name: 'index.html', data: 'x'.repeat(5_000) }]);
    const source = Readable.from([archive.subarray(0, archive.length - 20)]);
    const unpacked = await unpackOutput({ source, into: folder, limits, signal });
    expect(unpacked).toMatchObject({ ok: false, rejection: { code: 'archive-truncated' } });
  });
});
