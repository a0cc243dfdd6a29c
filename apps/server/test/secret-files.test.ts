import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactKeyBytes } from '@yardmaster/application';
import { expect, it, onTestFinished } from 'vitest';
import { putFile } from '../src/private-files.ts';
import { readArtifactKey } from '../src/secret-files.ts';

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-secrets-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

it('keeps the artifact key over restarts', async () => {
  const folder = await aFolder();
  const key = await readArtifactKey(folder);
  expect(await readArtifactKey(folder)).toEqual(Buffer.from(key));
  expect((await stat(join(folder, 'artifact-key'))).mode & 0o777).toBe(0o600);
});

it.each(['', 'abcd', 'no key at all'])('makes an artifact key anew that is damaged: "%s"', async (damaged) => {
  const folder = await aFolder();
  await writeFile(join(folder, 'artifact-key'), damaged);
  const key = await readArtifactKey(folder);
  expect(key).toHaveLength(artifactKeyBytes);
  expect(await readFile(join(folder, 'artifact-key'), 'utf8')).toBe(`${Buffer.from(key).toString('hex')}\n`);
  expect(await readdir(folder)).toEqual(['artifact-key']);
});

it('makes one artifact key between servers that start at the same moment', async () => {
  const folder = await aFolder();
  const keys = await Promise.all(Array.from({ length: 8 }, () => readArtifactKey(folder)));
  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
  expect(await readdir(folder)).toEqual(['artifact-key']);
});

it('puts a file whole, whoever puts it at the same moment', async () => {
  const folder = await aFolder();
  const file = join(folder, 'event-store.json');
  const texts = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(10_000, '.'));
  await Promise.all(texts.map((text) => putFile(file, text)));
  expect(texts).toContain(await readFile(file, 'utf8'));
  expect(await readdir(folder)).toEqual(['event-store.json']);
});
