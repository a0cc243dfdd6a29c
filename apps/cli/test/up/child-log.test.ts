import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openChildLog } from '../../src/up/child-log.ts';
import { temporaryFolder } from './temporary-folder.ts';

function log(folder: string) {
  const important: string[] = [];
  return { important, log: openChildLog({ folder, name: 'server', onImportant: (line) => important.push(line) }) };
}

test('lines come whole, whatever pieces they arrive in, and the last one without its end', () => {
  const folder = temporaryFolder();
  const { log: writer } = log(folder);
  for (const chunk of ['fir', 'st\nsecond\nth', 'ird']) writer.write('stdout', chunk);
  writer.close();
  expect(readFileSync(writer.file, 'utf8')).toBe('first\nsecond\nthird\n');
});

test('three files of bounded size are kept, the newest lines in the first', () => {
  const folder = temporaryFolder();
  const { log: writer } = log(folder);
  const line = 'x'.repeat(999_999);
  for (let count = 0; count < 45; count++) writer.write('stdout', `${line}\n`);
  writer.write('stdout', 'last\n');
  writer.close();
  expect(readdirSync(folder).sort()).toEqual(['server.log', 'server.log.1', 'server.log.2']);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(10_000_000);
  expect(readFileSync(join(folder, 'server.log'), 'utf8').endsWith('last\n')).toBe(true);
});

test.each([
  ['stdout', '{"level":"error","message":"no"}', 'no'],
  [
    'stdout',
    '{"level":"warn","msg":"still trying","error":{"message":"not found","stack":"…"}}',
    'still trying: not found',
  ],
  ['stdout', '{"level":40,"msg":"look","err":{"message":"gone"}}', 'look: gone'],
  ['stdout', '{"level":"fatal"}', '{"level":"fatal"}'],
  ['stdout', '{"level":"info","message":"an error, but not one"}', null],
  ['stdout', '{"level":30,"msg":"fine"}', null],
  ['stdout', 'plain words', null],
  ['stderr', 'Error: crash', 'Error: crash'],
  ['stderr', '{"level":"info"}', null],
  ['stderr', '[71] 2026/01/02 03:04:05.678901 [INF] Server is ready', null],
  ['stderr', '[71] 2026/01/02 03:04:05.678901 [ERR] no space', '[71] 2026/01/02 03:04:05.678901 [ERR] no space'],
] as const)('%s %s is shown as %s', (stream, line, shown) => {
  const { log: writer, important } = log(temporaryFolder());
  writer.write(stream, `${line}\n`);
  writer.close();
  expect(important).toEqual(shown === null ? [] : [shown]);
});
