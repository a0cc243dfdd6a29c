import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findChromium } from '../src/chromium.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'yardmaster-chromium-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string): string {
  const file = join(folder, name);
  writeFileSync(file, '#!/bin/sh\n');
  chmodSync(file, 0o755);
  return file;
}

const nowhere = { path: '', usualPlaces: [], chosen: undefined, sources: [] };

test('finds a browser on the PATH, and nothing that is no program', async () => {
  writeFileSync(join(folder, 'chromium'), 'notes');
  const chrome = program('google-chrome');
  expect(await findChromium({ ...nowhere, path: `/nowhere:${folder}` })).toBe(chrome);
});

test('finds a browser in one of the usual places', async () => {
  const chrome = program('Google Chrome');
  expect(await findChromium({ ...nowhere, usualPlaces: ['/nowhere/chrome', chrome] })).toBe(chrome);
});

test('takes the chosen one or none', async () => {
  const chosen = program('my-chrome');
  expect(await findChromium({ ...nowhere, path: folder, chosen })).toBe(chosen);
  const missing = join(folder, 'gone');
  await expect(findChromium({ ...nowhere, path: folder, chosen: missing })).rejects.toThrow(/YARDMASTER_CHROMIUM/);
});

test('gets one by the first way that works', async () => {
  const tried: string[] = [];
  const download = async () => {
    tried.push('download');
    return 'It could not be downloaded.';
  };
  const install = async () => {
    tried.push('install');
    program('chromium');
    return null;
  };
  const never = async () => {
    throw new Error('This way is not needed any more.');
  };
  const found = await findChromium({ ...nowhere, path: folder, sources: [download, install, never] });
  expect(found).toBe(join(folder, 'chromium'));
  expect(tried).toEqual(['download', 'install']);
});

test('fails with what it tried and what to do', async () => {
  const sources = [async () => 'It could not be downloaded: no network.'];
  const failed = findChromium({ ...nowhere, path: folder, sources });
  await expect(failed).rejects.toThrow(/no network\.\nInstall one .* YARDMASTER_CHROMIUM/);
});
