import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';

const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));
const up = [process.execPath, join(repositoryRoot, 'apps/cli/src/main.ts'), 'up'] as const;

const READY_TIMEOUT_MS = 120_000;
const HEAL_TIMEOUT_MS = 60_000;

type Supervisor = ChildProcessByStdio<null, Readable, Readable> & { readonly said: () => string };

/** `yardmaster up`, or what starts it, on a data directory and a free port; resolves once it says that it is ready. */
async function startUp(dataDir: string, [program, ...args]: readonly [string, ...string[]] = up): Promise<Supervisor> {
  const env = { ...process.env, YARDMASTER_DATA_DIR: dataDir, YARDMASTER_PORT: '0', YARDMASTER_WORKERS: '1' };
  const child = spawn(program, args, { cwd: repositoryRoot, env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => stop(child));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  await vi.waitFor(
    () => {
      if (child.exitCode !== null) throw new Error(`it ended: ${said}`);
      expect(said).toContain('Ctrl-C stops everything');
    },
    { timeout: READY_TIMEOUT_MS },
  );
  return Object.assign(child, { said: () => said });
}

async function stop(child: ChildProcessByStdio<null, Readable, Readable>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function newDataDir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-e2e-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The pids of the running children, by name, as the supervisor records them. */
function runningChildren(dataDir: string): Readonly<Record<string, number>> {
  const files = readdirSync(join(dataDir, 'run')).filter((name) => name.endsWith('.json'));
  return Object.fromEntries(
    files.map((name) => {
      const { pid }: { readonly pid: number } = JSON.parse(readFileSync(join(dataDir, 'run', name), 'utf8'));
      return [name.replace('.json', ''), pid];
    }),
  );
}

/** A process that has ended and waits to be collected by whoever adopted it is not alive. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

async function readiness(dataDir: string): Promise<unknown> {
  const response = await fetch(`${readFileSync(join(dataDir, 'server-url'), 'utf8')}/readyz`);
  return response.json();
}

test('whatever is killed comes back, and SIGTERM ends everything with exit code 0', async () => {
  const dataDir = newDataDir();
  const up = await startUp(dataDir);
  for (const name of ['worker-1', 'server', 'nats-server']) {
    const before = runningChildren(dataDir)[name] ?? 0;
    process.kill(before, 'SIGKILL');
    await vi.waitFor(() => expect(runningChildren(dataDir)[name] ?? before).not.toBe(before), {
      timeout: HEAL_TIMEOUT_MS,
    });
  }
  await vi.waitFor(
    async () => expect(await readiness(dataDir)).toMatchObject({ status: 'ready', workers: { online: 1 } }),
    { timeout: HEAL_TIMEOUT_MS },
  );
  const pids = Object.values(runningChildren(dataDir));
  expect(pids).toHaveLength(3);
  const ended = once(up, 'exit');
  up.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(pids.filter(isAlive)).toEqual([]);
  expect(readdirSync(join(dataDir, 'run'))).toEqual([]);
});

test('a killed supervisor takes server and workers with it, and the next start clears what is left', async () => {
  const dataDir = newDataDir();
  const first = await startUp(dataDir);
  const pids = runningChildren(dataDir);
  const ended = once(first, 'exit');
  first.kill('SIGKILL');
  await ended;
  await vi.waitFor(() => expect([pids.server, pids['worker-1']].filter((pid) => isAlive(pid ?? 0))).toEqual([]), {
    timeout: HEAL_TIMEOUT_MS,
  });
  const second = await startUp(dataDir);
  expect(second.said()).toContain(
    `killed what a crashed start had left running: nats-server (process ${pids['nats-server']})`,
  );
  expect(isAlive(pids['nats-server'] ?? 0)).toBe(false);
});

test('SIGTERM to `npm start` alone ends everything before npm ends, with exit code 0', async () => {
  const dataDir = newDataDir();
  const npm = await startUp(dataDir, ['npm', 'start']);
  const children = Object.values(runningChildren(dataDir));
  expect(children.length).toBeGreaterThan(2);
  const ended = once(npm, 'exit');
  npm.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(children.filter(isAlive)).toEqual([]);
});
