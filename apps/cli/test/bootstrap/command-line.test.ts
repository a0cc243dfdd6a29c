import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runProgram } from '../../bin/bootstrap/run-program.mjs';

const mainFile = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

function yardmaster(...args: readonly string[]) {
  return runProgram(process.execPath, [mainFile, ...args], { env: { ...process.env, YARDMASTER_PORT: 'http' } });
}

test('the version is all that --version prints', async () => {
  expect(await yardmaster('--version')).toMatchObject({ code: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

test('an unknown command is exit code 2 and a suggestion, and nothing on stdout', async () => {
  const { code, stdout, output } = await yardmaster('quue');
  expect({ code, stdout, output }).toEqual({
    code: 2,
    stdout: '',
    output: 'yardmaster: there is no command "quue". Did you mean "queue"?\n',
  });
});

test('a name that every object has is no command', async () => {
  expect((await yardmaster('constructor')).code).toBe(2);
});

test('an option that does not exist shows the usage, with exit code 2', async () => {
  const { code, output } = await yardmaster('up', '--fast');
  expect(code).toBe(2);
  expect(output).toContain('Usage: yardmaster up');
});

test('a refused start is one message without a stack, with exit code 1', async () => {
  const { code, output } = await yardmaster('up');
  expect(code).toBe(1);
  expect(output).toBe(
    'yardmaster: these settings do not work:\n  YARDMASTER_PORT: "http" does not fit: it must be a whole number from 0 to 65535.\n',
  );
});

test('help lists every command, and shows the usage of one', async () => {
  const list = await yardmaster('--help');
  expect(list.code).toBe(0);
  const names = [
    'up',
    'deploy',
    'logs',
    'events',
    'replay',
    'cancel',
    'retry',
    'queue',
    'dead-letters',
    'release',
    'link',
  ];
  for (const name of names) {
    expect(list.stdout).toMatch(new RegExp(`^  ${name} +\\S`, 'm'));
  }
  expect((await yardmaster('up', '--help')).stdout).toContain('Usage: yardmaster up');
});
