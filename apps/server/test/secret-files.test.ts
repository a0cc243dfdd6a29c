import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactKeyBytes } from '@yardmaster/application';
import { expect, it, onTestFinished } from 'vitest';
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
