import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { processTree } from './process-tree.ts';
import { repositoryRoot } from './repository.ts';

export interface StartedProduct extends AsyncDisposable {
  /** Of npm, from which everything descends. */
  readonly pid: number;
  readonly url: string;
  /** The first admin's API token. */
  readonly token: string;
  /** From the start of npm until `/readyz` answered 200, and until it said that builds can run. */
  readonly servesAfterMs: number;
  readonly readyAfterMs: number;
}

/** Room for a first start, which sets up. */
const readyTimeoutMs = 300_000;
const pollMs = 10;
const stopTimeoutMs = 30_000;

/** `npm start` on a data directory of its own and a free port, ready to build. Disposing of it ends every process. */
export async function startProduct({
  dataDir,
  slots = 2,
  signal,
}: {
  readonly dataDir: string;
  readonly slots?: number;
  readonly signal: AbortSignal;
}): Promise<StartedProduct> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = { YARDMASTER_DATA_DIR: dataDir, YARDMASTER_PORT: String(port), YARDMASTER_SLOTS: String(slots) };
  const startedAt = performance.now();
  const npm = spawn('npm', ['start'], {
    cwd: repositoryRoot,
    env: { ...process.env, ...settings, YARDMASTER_WORKERS: '1', YARDMASTER_HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said = (said + chunk).slice(-10_000);
    });
  }
  await once(npm, 'spawn');
  const pid = npm.pid as number; // it has spawned
  const stop = () => end(pid, () => npm.kill('SIGTERM'));

  try {
    const { servesAt, readyAt } = await untilReady();
    const token = (await readFile(join(dataDir, 'admin-token'), 'utf8')).trim();
    const [servesAfterMs, readyAfterMs] = [servesAt - startedAt, readyAt - startedAt];
    return { pid, url, token, servesAfterMs, readyAfterMs, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }

  async function untilReady() {
    let servesAt: number | null = null;
    while (performance.now() - startedAt < readyTimeoutMs) {
      signal.throwIfAborted();
      if (npm.exitCode !== null) throw new Error(`npm start ended with code ${npm.exitCode}:\n${said}`);
      const status = await readiness(url);
      if (status !== null) servesAt ??= performance.now();
      if (status === 'ready') return { servesAt: servesAt ?? 0, readyAt: performance.now() };
      await delay(pollMs);
    }
    throw new Error(`npm start was not ready within ${readyTimeoutMs / 1_000} s:\n${said}`);
  }
}

/** The status of a server that serves requests, else null. */
async function readiness(url: string): Promise<string | null> {
  try {
    const response = await fetch(`${url}/readyz`);
    const { status } = (await response.json()) as { readonly status: string };
    return response.status === 200 ? status : null;
  } catch {
    return null; // nobody listens yet
  }
}

/** Asks in order, then kills by pid what is still there. */
async function end(rootPid: number, ask: () => void): Promise<void> {
  const members = processTree(rootPid);
  const living = () => members.filter((pid) => processTree(pid).length > 0);
  ask();
  const deadline = performance.now() + stopTimeoutMs;
  while (living().length > 0 && performance.now() < deadline) await delay(50);
  for (const pid of living()) process.kill(pid, 'SIGKILL');
}
