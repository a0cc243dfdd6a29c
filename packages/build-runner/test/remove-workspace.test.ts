import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { removeWorkspace } from '../src/remove-workspace.ts';
import { temporaryFolder } from './fixtures/temporary-folder.ts';

const patience = () => AbortSignal.timeout(20_000);

const newWorkspace = async (): Promise<string> => {
  const workspace = join(await temporaryFolder(), 'workspace');
  await mkdir(join(workspace, 'a/b'), { recursive: true });
  await writeFile(join(workspace, 'a/b/c'), 'x', { mode: 0o400 });
  return workspace;
};

/** Whether this machine lets a file be made immutable, as only its administrator can. */
const canMakeImmutable = (file: string): boolean => spawnSync('chattr', ['+i', file]).status === 0;

it('removes folders that cannot be written, and says of one that is gone that it is', async () => {
  const workspace = await newWorkspace();
  await chmod(join(workspace, 'a/b'), 0o500);
  await chmod(join(workspace, 'a'), 0o000);
  expect(await removeWorkspace(workspace, patience())).toBe(true);
  expect(existsSync(workspace)).toBe(false);
  expect(await removeWorkspace(workspace, patience())).toBe(true);
});

it('removes links, and nothing that they lead to', async () => {
  const workspace = await newWorkspace();
  const elsewhere = await newWorkspace();
  await symlink(elsewhere, join(workspace, 'a/link'));
  expect(await removeWorkspace(workspace, patience())).toBe(true);
  expect(existsSync(join(elsewhere, 'a/b/c'))).toBe(true);
});

it('removes folders below one another that no path is long enough to name', async () => {
  const workspace = await newWorkspace();
  const dig = 'n=0; while [ $n -lt 50 ]; do n=$((n+1)); mkdir "$1" && cd -P "$1" || exit 1; done; : >file; chmod 000 .';
  const dug = spawnSync('/bin/sh', ['-c', dig, 'sh', 'deep'.repeat(50)], { cwd: workspace, encoding: 'utf8' });
  expect(dug).toMatchObject({ status: 0, stderr: '' });
  expect(await removeWorkspace(workspace, patience())).toBe(true);
});

it('says so when a file cannot be removed by any means', async (test) => {
  const workspace = await newWorkspace();
  const file = join(workspace, 'a/b/c');
  // Only an administrator can make a file immutable, and not on every file system.
  test.skip(!canMakeImmutable(file));
  onTestFinished(() => void spawnSync('chattr', ['-i', file]));
  expect(await removeWorkspace(workspace, patience())).toBe(false);
  expect(existsSync(file)).toBe(true);
});

it('gives up when it is told to, and says so', async () => {
  const workspace = await newWorkspace();
  expect(await removeWorkspace(workspace, AbortSignal.abort())).toBe(false);
});

it('wins against a process that goes on writing for a while', async () => {
  const workspace = await newWorkspace();
  const script = `mkdir -p a/b; n=0; while [ $n -lt 200 ]; do n=$((n+1)); : >a/b/$n; done 2>/dev/null; echo half; while [ $n -lt 3000 ]; do n=$((n+1)); : >a/b/$n; done 2>/dev/null`;
  const writer = spawn('/bin/sh', ['-c', script], { cwd: workspace, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(writer, 'exit');
  await once(writer.stdout, 'data');
  expect(await removeWorkspace(workspace, patience())).toBe(true);
  await ended;
  expect(existsSync(workspace)).toBe(false);
});
