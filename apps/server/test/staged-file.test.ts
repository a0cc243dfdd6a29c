import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createStagedFile, type StagedFile } from '../src/upload/staged-file.ts';

let folder: string;
let staged: StagedFile;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yardmaster-staged-'));
  staged = await createStagedFile(join(folder, 'staged'));
});
afterEach(async () => {
  await staged.close();
  await rm(folder, { recursive: true });
});

it('holds what was appended, in its order, when it is flushed', async () => {
  // Empty, small, just as large as a buffer, and larger than both buffers together.
  const chunks = [0, 1, 65_536, 262_144, 7, 600_000, 3].map((bytes) => randomBytes(bytes));
  for (const chunk of chunks) await staged.append(chunk);
  await staged.flush();
  expect(await readFile(staged.path)).toEqual(Buffer.concat(chunks));
  await staged.sync();
  await staged.append(Buffer.from('more'));
  await staged.flush();
  expect(await readFile(staged.path)).toEqual(Buffer.concat([...chunks, Buffer.from('more')]));
});

it('keeps a copy: a chunk may be reused as soon as it is taken', async () => {
  const chunk = Buffer.from('first');
  await staged.append(chunk);
  chunk.write('other');
  await staged.flush();
  expect(await readFile(staged.path, 'utf8')).toBe('first');
});

it('says that a write failed, whatever is asked of it next', async () => {
  await staged.append(Buffer.from('never written'));
  await staged.close();
  await expect(staged.flush()).rejects.toThrow();
  await expect(staged.sync()).rejects.toThrow();
  staged = await createStagedFile(join(folder, 'another'));
});
