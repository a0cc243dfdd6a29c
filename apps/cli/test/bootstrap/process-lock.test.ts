import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { acquireLock } from '../../bin/bootstrap/process-lock.mjs';
import { temporaryFolder } from '../up/temporary-folder.ts';

const takeLock = fileURLToPath(new URL('../programs/take-lock.mjs', import.meta.url));

function startTaker(path: string): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [takeLock, path]);
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function answerOf(child: ChildProcessWithoutNullStreams): Promise<string> {
  return String((await once(child.stdout, 'data'))[0]).trim();
}

test('a lock that is held is refused with its holder, and free once released', () => {
  const path = join(temporaryFolder(), 'lock');
  const first = acquireLock(path);
  expect(acquireLock(path)).toMatchObject({ ok: false, holder: { pid: process.pid } });
  if (first.ok) first.release();
  const second = acquireLock(path);
  expect(second.ok).toBe(true);
  if (first.ok) first.release();
  expect(existsSync(path)).toBe(true); // a second release does not free what somebody else holds by now
  if (second.ok) second.release();
  expect(existsSync(path)).toBe(false);
});

test('the lock of a killed process is taken over', async () => {
  const path = join(temporaryFolder(), 'lock');
  const holder = startTaker(path);
  expect(await answerOf(holder)).toBe('taken');
  const ended = once(holder, 'exit');
  holder.kill('SIGKILL');
  await ended;
  expect(existsSync(path)).toBe(true);
  expect(acquireLock(path).ok).toBe(true);
});

test('of many that find a dead lock at once exactly one gets it', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'lock');
  writeFileSync(path, JSON.stringify({ pid: process.pid, identity: 'an earlier boot/1' }));
  const takers = Array.from({ length: 8 }, () => startTaker(path));
  const answers = await Promise.all(takers.map(answerOf));
  expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
  expect(readdirSync(folder)).toEqual(['lock']);
});
