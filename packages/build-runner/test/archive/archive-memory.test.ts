import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { writeTarGz } from '../fixtures/tar-writer.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { writeZip } from '../fixtures/zip-writer.ts';

const allowedBytes = 64 * 1024 * 1024;
const zeros = Buffer.alloc(60 * 1024 * 1024);
const files = Array.from({ length: 100_001 }, (_, index) => ({
  name: `d${index % 100}/f${index}`,
  data: 'x',
  stored: true,
}));

it.each([
  ['100,001 files in a zip', () => writeZip(files), 'too-many-files'],
  ['100,001 files in a tar.gz', () => writeTarGz(files), 'too-many-files'],
  ['a zip bomb', () => writeZip([{ name: 'index.html', data: zeros }]), 'compression-ratio'],
  ['a tar.gz bomb', () => writeTarGz([{ name: 'index.html', data: zeros }]), 'compression-ratio'],
  [
    'a zip bomb whose header denies it',
    () => writeZip([{ name: 'index.html', data: zeros, claimedSize: 1_000 }]),
    'archive-corrupt',
  ],
])('refuses %s without needing memory for it', { timeout: 120_000 }, async (_name, write, code) => {
  const folder = await temporaryFolder();
  const [plain, bad] = [join(folder, 'plain'), join(folder, 'bad')];
  await writeFile(plain, writeZip([{ name: 'index.html', data: 'x' }]));
  await writeFile(bad, write());
  const script = join(import.meta.dirname, '../fixtures/measure-inspection.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, plain, bad]);
  const measured = JSON.parse(stdout);
  expect(measured.code).toBe(code);
  expect(measured.grownBytes).toBeLessThan(allowedBytes);
});
