import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { processIdentity } from '../../bin/bootstrap/process-identity.mjs';
import { killBuildOrphans } from '../../src/up/build-orphans.ts';
import { killLeftovers, recordRun } from '../../src/up/run-records.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** A process in a session of its own that ends by itself when the test's process does. */
async function stray(env: Record<string, string> = {}): Promise<ChildProcess & { readonly pid: number }> {
  const source = "process.stdin.resume().on('end', () => process.exit()); console.log('up')";
  const child = spawn(process.execPath, ['-e', source], {
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { ...process.env, ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  if (child.pid === undefined) throw new Error('the stray did not start');
  return Object.assign(child, { pid: child.pid });
}

test('what a crashed start left running is killed and named', async () => {
  const folder = temporaryFolder();
  const child = await stray();
  recordRun(folder, { name: 'nats-server', pid: child.pid });
  const ended = once(child, 'exit');
  expect(killLeftovers(folder)).toEqual([`nats-server (process ${child.pid})`]);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(readdirSync(folder)).toEqual([]);
});

test('a pid that means another process by now is left alone', async () => {
  const folder = temporaryFolder();
  const child = await stray();
  writeFileSync(
    join(folder, 'server.json'),
    JSON.stringify({ name: 'server', pid: child.pid, identity: 'an earlier boot/1' }),
  );
  writeFileSync(join(folder, 'worker-1.json'), '{"name":"worker-1","pi');
  expect(killLeftovers(folder)).toEqual([]);
  expect(processIdentity(child.pid)).not.toBeNull();
  expect(readdirSync(folder)).toEqual([]);
});

test('a run that is forgotten leaves no record', async () => {
  const folder = temporaryFolder();
  recordRun(folder, { name: 'server', pid: (await stray()).pid })();
  expect(readdirSync(folder)).toEqual([]);
});

test('builds of a dead worker are killed, even outside its process group; those of others are not', async () => {
  const [ours, theirs] = [randomUUID(), randomUUID()];
  const orphan = await stray({ YARDMASTER_BUILD_OWNER: `${ours}/worker-1` });
  const sibling = await stray({ YARDMASTER_BUILD_OWNER: `${ours}/worker-12` });
  const stranger = await stray({ YARDMASTER_BUILD_OWNER: `${theirs}/worker-1` });
  const ended = once(orphan, 'exit');
  expect(killBuildOrphans(`${ours}/worker-1`)).toBe(1);
  await ended;
  expect([sibling, stranger].map((child) => processIdentity(child.pid) === null)).toEqual([false, false]);
  expect(killBuildOrphans(`${ours}/`)).toBe(1);
});
