import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNatsServer } from '@yardmaster/messaging/testing';
import { EventView, JobDetail, LogPage, UploadAnswer } from '@yardmaster/protocol';
import { onTestFinished, vi } from 'vitest';
import { z } from 'zod';

const apps = join(import.meta.dirname, '../..');
const Ready = z.object({ type: z.literal('ready') });

/** The server and a message server as processes; workers are started by the test. All of it ends with the test. */
export async function startProduct() {
  const dataDir = await mkdtemp(join(tmpdir(), 'yardmaster-worker-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const nats = await startNatsServer({ dataDir: join(dataDir, 'nats') });
  onTestFinished(() => nats.stop());
  const instanceId = randomUUID();
  const env = { NATS_URL: nats.url, YARDMASTER_DATA_DIR: dataDir, YARDMASTER_INSTANCE_ID: instanceId };
  const server = await startProgram('server', { ...env, YARDMASTER_PORT: '0' });
  const { url } = z.object({ url: z.string() }).parse(server.said);
  const serverUrl = `http://127.0.0.1:${new URL(url).port}`;
  const authorization = `Bearer ${(await readFile(join(dataDir, 'admin-token'), 'utf8')).trim()}`;
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${serverUrl}/api/website-builder${path}`, { ...init, headers: { authorization } });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${path} was refused: ${JSON.stringify(answer)}\n${server.output()}`);
    return answer;
  };

  return {
    nats,
    serverUrl,
    workspaces: join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), `yardmaster-${instanceId}-worker-1`),
    worker: (settings: Readonly<Record<string, string>> = {}) =>
      startProgram('worker', {
        ...env,
        YARDMASTER_SERVER_URL: serverUrl,
        YARDMASTER_WORKER_ID: 'worker-1',
        ...settings,
      }),
    async upload(files: Readonly<Record<string, string>>) {
      const form = new FormData();
      form.set('name', 'site');
      for (const [path, content] of Object.entries(files)) {
        form.append('paths', path);
        form.append('files', new Blob([content]), path);
      }
      return UploadAnswer.parse(await ask('/upload', { method: 'POST', body: form })).website.buildJobId;
    },
    /** What a person does who empties the wrong folder. */
    async loseArtifacts() {
      const folder = join(dataDir, 'artifacts');
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
    },
    cancel: (jobId: string) => ask(`/jobs/${jobId}`, { method: 'DELETE' }),
    logs: async (jobId: string) => LogPage.parse(await ask(`/jobs/${jobId}/logs`)),
    events: async (jobId: string) =>
      z.object({ events: z.array(EventView) }).parse(await ask(`/jobs/${jobId}/events`)).events,
    /** Resolves with the build once it has this status. */
    until: (jobId: string, status: JobDetail['status']): Promise<JobDetail> =>
      vi.waitFor(
        async () => {
          const job = JobDetail.parse(await ask(`/jobs/${jobId}`));
          if (job.status !== status) throw new Error(`The build is ${job.status}: ${JSON.stringify(job.error)}`);
          return job;
        },
        { timeout: 60_000, interval: 50 },
      ),
  };
}

async function startProgram(app: 'server' | 'worker', env: Readonly<Record<string, string>>) {
  const child: ChildProcess = fork(join(apps, app, 'src/main.ts'), {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += String(text)));
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [said] = await Promise.race([once(child, 'message'), exited.then(() => [output])]);
  Ready.parse(said);
  return {
    child,
    said,
    output: () => output,
    /** Asks it to end; resolves to its exit code and how long it took. */
    async end(signal: NodeJS.Signals = 'SIGTERM') {
      const startedAt = performance.now();
      child.kill(signal);
      const [code] = await exited;
      return { code: code as number | null, tookMs: performance.now() - startedAt };
    },
  };
}

/** Where builds wait: each knocks with its process id, and goes on when it is let through. */
export async function openGate() {
  const arrivals: { readonly pid: number; readonly response: ServerResponse }[] = [];
  const waiting: ((arrival: (typeof arrivals)[number]) => void)[] = [];
  const server = createServer((request, response) => {
    const arrival = { pid: Number(request.url?.slice(1)), response };
    const first = waiting.shift();
    if (first === undefined) arrivals.push(arrival);
    else first(arrival);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return {
    /** The next build that has come to the gate. */
    async next() {
      const present = arrivals.shift();
      const { pid, response } =
        present ?? (await new Promise<(typeof arrivals)[number]>((resolve) => waiting.push(resolve)));
      return { pid, letThrough: () => void response.end() };
    },
    /** A project whose build waits here. */
    project: {
      'package.json': JSON.stringify({
        name: 'gated',
        private: true,
        type: 'module',
        scripts: { build: 'node build.mjs' },
      }),
      'build.mjs': `import { mkdirSync, writeFileSync } from 'node:fs';
console.log('before the gate');
process.on('SIGTERM', () => {});
await fetch('http://127.0.0.1:${port}/' + process.pid);
console.log('after the gate');
mkdirSync('dist', { recursive: true });
writeFileSync('dist/index.html', '<h1>gated</h1>');`,
    },
  };
}
