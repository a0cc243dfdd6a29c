import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Problem } from '@yardmaster/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';

const Ready = z.object({ type: z.literal('ready'), port: z.int() });
const megabyte = 1024 * 1024;

/** The program as the supervisor starts it, on a free port unless told otherwise. */
async function startProgram(env: Readonly<Record<string, string>> = {}) {
  const dataDir = env.YARDMASTER_DATA_DIR ?? (await mkdtemp(join(tmpdir(), 'yardmaster-main-')));
  const child = fork(join(import.meta.dirname, '../src/main.ts'), {
    env: { PATH: process.env.PATH, YARDMASTER_PORT: '0', YARDMASTER_DATA_DIR: dataDir, ...env },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text) => (output += String(text)));
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
    await rm(dataDir, { recursive: true, force: true });
  });
  return {
    child,
    dataDir,
    output: () => output,
    exitCode: async () => (await exited)[0] as number | null,
    async ready() {
      const [message] = await Promise.race([once(child, 'message'), exited.then(() => [output])]);
      const { port } = Ready.parse(message);
      const token = (await readFile(join(dataDir, 'admin-token'), 'utf8')).trim();
      return { url: `http://127.0.0.1:${port}`, headers: { Authorization: `Bearer ${token}` } };
    },
  };
}

describe('the server program', () => {
  it('says when it is ready, keeps its secrets to itself and ends with code 0 when asked', async () => {
    const program = await startProgram();
    const { url, headers } = await program.ready();
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([200, { status: 'degraded', nats: 'disconnected' }]);
    for (const file of ['admin-token', 'artifact-key']) {
      expect((await stat(join(program.dataDir, file))).mode & 0o777).toBe(0o600);
    }
    const stream = await fetch(`${url}/api/website-builder/user/queue/stream`, { headers });
    program.child.kill('SIGTERM');
    expect(await program.exitCode()).toBe(0);
    await expect(stream.text()).resolves.toContain('"snapshot"');
    expect(program.output()).not.toContain(headers.Authorization.slice('Bearer '.length));
    for (const line of program.output().trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('ends when its parent is gone', async () => {
    const program = await startProgram();
    await program.ready();
    program.child.disconnect();
    expect(await program.exitCode()).toBe(0);
  });

  it('keeps its admin and the token over a restart, and makes a new token when the file is lost', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'yardmaster-main-'));
    const life = async () => {
      const program = await startProgram({ YARDMASTER_DATA_DIR: dataDir });
      const { url, headers } = await program.ready();
      const me = await fetch(`${url}/api/website-builder/auth/me`, { headers });
      program.child.kill('SIGTERM');
      await program.exitCode();
      return { me: await me.json(), token: headers.Authorization };
    };
    const first = await life();
    const second = await life();
    expect(second).toEqual(first);
    await rm(join(dataDir, 'admin-token'));
    const third = await life();
    expect(third.me).toEqual(first.me);
    expect(third.token).not.toBe(first.token);
  });

  it('names a taken port and a bad setting, and ends with code 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const address = taken.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const program = await startProgram({ YARDMASTER_PORT: port });
    expect(await program.exitCode()).toBe(1);
    expect(program.output()).toContain('the port is taken');
    const misled = await startProgram({ YARDMASTER_SLOTS: 'many' });
    expect(await misled.exitCode()).toBe(1);
    expect(misled.output()).toContain('YARDMASTER_SLOTS');
  });

  it('that waits for its event store is alive, says what it waits for without the password, and ends when asked', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' ? address?.port : 0;
    taken.close();
    await once(taken, 'close');
    const program = await startProgram({ EVENTSTORE_URL: `esdb://admin:pa55word@127.0.0.1:${port}?tls=false` });
    const [message] = await once(program.child, 'message');
    expect(message).toEqual({ type: 'waiting' });
    await vi.waitFor(() =>
      expect(program.output()).toContain(`Waiting for EventStoreDB at 127.0.0.1:${port}: connection refused`),
    );
    program.child.kill('SIGTERM');
    expect(await program.exitCode()).toBe(0);
    expect(program.output()).not.toContain('pa55word');
  });

  it('takes an endless upload without growing in memory', async () => {
    const program = await startProgram({ YARDMASTER_UPLOAD_MAX_BYTES: String(150 * megabyte) });
    const { url, headers } = await program.ready();
    const before = await residentBytes(program.child);
    const response = await fetch(`${url}/api/website-builder/upload`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'multipart/form-data; boundary=b' },
      body: endlessArchive({ megabytes: 200 }),
      duplex: 'half',
    } as RequestInit); // `duplex` is missing in the types of fetch
    expect(Problem.parse(await response.json()).code).toBe('archive-too-large');
    expect((await residentBytes(program.child, 'VmHWM')) - before).toBeLessThan(64 * megabyte);
    expect(await readdir(join(program.dataDir, 'staging'))).toEqual([]);
  });
});

/** `VmHWM` is the highest it ever was. */
async function residentBytes({ pid }: ChildProcess, field: 'VmRSS' | 'VmHWM' = 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
}

function endlessArchive({ megabytes }: { readonly megabytes: number }): ReadableStream {
  const head = '--b\r\nContent-Disposition: form-data; name="files"; filename="a.zip"\r\n\r\nPK\x03\x04';
  const chunk = new Uint8Array(megabyte);
  let sent = 0;
  return new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(head)),
    pull(controller) {
      sent += 1;
      controller.enqueue(chunk);
      if (sent === megabytes) controller.close();
    },
  });
}
