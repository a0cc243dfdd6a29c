import { link, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { unpackOutput } from '../../src/archive/extract-archive.ts';
import { defaultArchiveLimits as limits } from '../../src/archive/limits.ts';
import { listFiles, packFolder } from '../../src/archive/pack-folder.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const signal = new AbortController().signal;

const website = async (): Promise<string> => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<h1>hello</h1>');
  await writeFile(join(folder, 'empty.txt'), '');
  await writeFile(join(folder, 'assets', `${'long-name-'.repeat(20)}.js`), 'x'.repeat(100_000));
  return folder;
};

it('packs a folder so that unpacking gives the same files', async () => {
  const folder = await website();
  const into = await temporaryFolder();
  const unpacked = await unpackOutput({ source: await packFolder(folder), into, limits, signal });
  expect(unpacked).toMatchObject({ ok: true, files: 3, root: '' });
  const [before, after] = [await listFiles(folder), await listFiles(into)];
  expect(after.files.map(({ path }) => path)).toEqual(before.files.map(({ path }) => path));
  for (const [index, file] of before.files.entries()) {
    expect(await readFile(file.source)).toEqual(await readFile(after.files[index]?.source ?? ''));
  }
});

it('gives the same bytes for the same content', async () => {
  const [first, second] = [await website(), await website()];
  expect(await buffer(await packFolder(first))).toEqual(await buffer(await packFolder(second)));
});

it('follows links to files inside and leaves out links that leave the folder', async () => {
  const folder = await website();
  await symlink('index.html', join(folder, 'copy.html'));
  await symlink('/etc/passwd', join(folder, 'secret'));
  await symlink('nowhere', join(folder, 'broken'));
  const { files, skipped } = await listFiles(folder);
  expect(files.map(({ path }) => path)).toContain('copy.html');
  expect(skipped.toSorted()).toEqual(['broken', 'secret']);
});

it('takes hard links of a folder as files, but for outputs only when all their names are inside', async () => {
  const [folder, outside] = [await website(), await temporaryFolder()];
  await writeFile(join(outside, 'admin-token'), 'secret');
  await link(join(outside, 'admin-token'), join(folder, 'token.txt'));
  await symlink('token.txt', join(folder, 'token-link.txt'));
  await link(join(folder, 'index.html'), join(folder, 'twin.html'));
  await symlink('index.html', join(folder, 'copy.html'));
  expect((await listFiles(folder)).skipped).toEqual([]);
  const { files, skipped } = await listFiles(folder, { onlyOwnFiles: true });
  expect(skipped.toSorted()).toEqual(['token-link.txt', 'token.txt']);
  expect(files.map(({ path }) => path)).toEqual(expect.arrayContaining(['index.html', 'twin.html', 'copy.html']));
});

it('refuses names that are not valid UTF-8, and takes those that hold the sign for such', async () => {
  const folder = await website();
  await writeFile(join(folder, 'caf\uFFFD.txt'), 'x');
  expect((await listFiles(folder)).files.map(({ path }) => path)).toContain('caf\uFFFD.txt');
  await writeFile(Buffer.concat([Buffer.from(`${folder}/assets/`), Buffer.from('th\xe9.txt', 'latin1')]), 'x');
  await expect(listFiles(folder)).rejects.toThrow('assets/th\uFFFD.txt');
});

it('fails the stream when a file cannot be read', async () => {
  const folder = await website();
  const stream = await packFolder(folder);
  await writeFile(join(folder, 'index.html'), 'much longer than it was when the folder was listed');
  await expect(buffer(stream)).rejects.toThrow();
});
