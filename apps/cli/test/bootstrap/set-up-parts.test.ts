import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findOnPath, runProgram } from '../../bin/bootstrap/run-program.mjs';
import { explainFailure } from '../../bin/bootstrap/set-up-error.mjs';
import { hashInputs, stampFile } from '../../bin/bootstrap/stamps.mjs';
import { temporaryFolder } from '../up/temporary-folder.ts';

test('the hash follows names, contents and appearance of inputs, and nothing that is made', () => {
  const root = temporaryFolder();
  mkdirSync(join(root, 'src', 'node_modules'), { recursive: true });
  writeFileSync(join(root, 'src', 'a.ts'), '1');
  const hashes = [hashInputs(root, ['src', 'absent.json'])];
  const change = (file: string, text: string) => {
    writeFileSync(join(root, file), text);
    hashes.push(hashInputs(root, ['src', 'absent.json']));
  };
  change('src/a.ts', '2');
  change('src/b.ts', '');
  change('absent.json', '');
  expect(new Set(hashes).size).toBe(4);
  change('src/node_modules/made.js', 'x');
  expect(new Set(hashes).size).toBe(4);
});

test('a step counts as done only for the inputs it was stamped with', () => {
  const stamp = stampFile(join(temporaryFolder(), 'stamps', 'step'));
  expect(stamp.matches('a')).toBe(false);
  stamp.write('a');
  expect([stamp.matches('a'), stamp.matches('b')]).toEqual([true, false]);
});

test.each([
  ['npm error code ENOTFOUND', 'cannot be reached'],
  ['Error: ENOSPC: no space left on device', 'disk is full'],
  ['EACCES: permission denied, mkdir', 'Files cannot be written here'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'cafile'],
  ['npm error code E401', 'npm login'],
])('a failure with %s says what to do', (output, hint) => {
  expect(explainFailure('It failed.', output).message).toContain(hint);
});

test('a program that is not there is an exit code, not an exception', async () => {
  expect(await runProgram('no-such-program', [])).toMatchObject({ code: 127 });
  expect(findOnPath('no-such-program')).toBeNull();
});

test('a program gets its arguments as they are', async () => {
  const args = ['a b', '"c"', '$HOME', ''];
  const { stdout } = await runProgram(process.execPath, [
    '-e',
    'console.log(JSON.stringify(process.argv.slice(1)))',
    '--',
    ...args,
  ]);
  expect(JSON.parse(stdout)).toEqual(args);
});
