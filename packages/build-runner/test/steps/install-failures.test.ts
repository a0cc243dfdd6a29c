import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { explainInstallFailure } from '../../src/steps/install-failures.ts';

const recordings = join(import.meta.dirname, '../fixtures/install-output');

const explainRecording = async (name: string) => {
  const text = await readFile(join(recordings, `${name}.txt`), 'utf8');
  return explainInstallFailure(stripVTControlCharacters(text).split('\n'));
};

/** What the pinned tools printed, and what a person should read. */
const expectations: Readonly<Record<string, readonly [code: string, message: RegExp]>> = {
  'npm-eusage': ['lockfile-outdated', /lockfile/],
  'npm-e404': ['package-not-found', /@yardmaster-none\/nothing-here/],
  'npm-etarget': ['version-not-found', /picocolors@99\.1\.1/],
  'npm-eresolve': ['peer-conflict', /different versions/],
  'npm-workspace': ['workspace-package-outside', /monorepo/],
  'npm-nogit': ['git-missing', /no git/],
  'npm-enotfound': ['registry-unreachable', /registry\.invalid/],
  'npm-cert': ['certificate-refused', /registry\.example\.org/],
  'npm-ebadengine': ['engine-mismatch', />=99/],
  'npm-husky': ['husky-failed', /git repository/],
  'npm-ejson': ['package-json-invalid', /valid JSON/],
  'pnpm-outdated': ['lockfile-outdated', /lockfile/],
  'pnpm-404': ['package-not-found', /@yardmaster-none\/nothing-here/],
  'pnpm-notarget': ['version-not-found', /picocolors@99\.1\.1/],
  'pnpm-workspace': ['workspace-package-outside', /monorepo/],
  'yc-outdated': ['lockfile-outdated', /lockfile/],
  'yc-404': ['package-not-found', /@yardmaster-none\/nothing-here/],
  'yc-notarget': ['version-not-found', /picocolors/],
  'yb-outdated': ['lockfile-outdated', /lockfile/],
  'yb-404': ['package-not-found', /@yardmaster-none\/nothing-here/],
  'yb-notarget': ['version-not-found', /picocolors/],
  'bun-outdated': ['lockfile-outdated', /lockfile/],
  'bun-404': ['package-not-found', /@yardmaster-none\/nothing-here/],
  'bun-notarget': ['version-not-found', /picocolors/],
};

describe('a failed install is explained', () => {
  it.each(Object.entries(expectations))('%s', async (name, [code, message]) => {
    const failure = await explainRecording(name);
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(message);
    expect(failure.hint).not.toBeNull();
    expect(failure.retryable).toBe(code === 'registry-unreachable');
  });

  it('for every recording', async () => {
    const names = (await readdir(recordings)).map((name) => name.replace('.txt', ''));
    expect(names.toSorted()).toEqual(Object.keys(expectations).toSorted());
  });

  it.each([
    ['npm error code ENOSPC\nnpm error nospc ENOSPC: no space left on device, write', 'disk-full', true],
    ['npm error code E401\nnpm error Incorrect or missing password.', 'package-private', false],
    ['npm error code E503\nnpm error 503 Service Unavailable - GET https://host/x', 'registry-failed', true],
    [
      'npm error code ERR_SOCKET_TIMEOUT\nnpm error network Socket timeout\nhttps://slow.host/react',
      'registry-unreachable',
      true,
    ],
    [
      'npm error gyp ERR! find Python\nnpm error gyp ERR! stack Error: Could not find any Python',
      'compiler-missing',
      false,
    ],
    [
      'Error: Cannot find module @rollup/rollup-linux-x64-gnu. npm has a bug related to optional dependencies',
      'native-package-missing',
      false,
    ],
    ['npm error code EBADPLATFORM\nnpm error notsup Unsupported platform for fsevents@2', 'platform-mismatch', false],
    ['npm error code 128\nnpm error An unknown git error occurred', 'git-dependency-failed', false],
    [
      'npm error code 1\nnpm error command failed\nnpm error command sh -c node download.js',
      'install-script-failed',
      false,
    ],
    ['something nobody has seen', 'install-failed', false],
  ])('%j', (text, code, retryable) => {
    expect(explainInstallFailure(text.split('\n'))).toMatchObject({ code, retryable });
  });
});
