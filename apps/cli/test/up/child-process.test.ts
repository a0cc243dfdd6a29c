import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { natsAuthorization } from '@yardmaster/messaging/nats-authorization';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { processIdentity } from '../../bin/bootstrap/process-identity.mjs';
import { type ChildSpec, READY_TIMEOUT_MS, StartError, superviseChild } from '../../src/up/child-process.ts';
import { ChildrenInOrder } from '../../src/up/children-in-order.ts';
import { createMessageKeys } from '../../src/up/message-keys.ts';
import { natsServer } from '../../src/up/nats-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const programs = fileURLToPath(new URL('../programs', import.meta.url));

function nodeChild(name: string, program: string, more: Partial<ChildSpec> = {}): ChildSpec {
  return {
    name,
    channel: 'ipc',
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 20_000,
    program: () => ({ file: process.execPath, args: [join(programs, program)], env: process.env, cwd: programs }),
    ...more,
  };
}

/** Supervises a child and collects the process of each of its lives, once that is ready. */
function supervise(spec: ChildSpec) {
  const folder = temporaryFolder();
  const lives: ChildProcess[] = [];
  const said: string[] = [];
  const untilReady: NonNullable<ChildSpec['untilReady']> = async (child, signal) => {
    if (spec.untilReady === undefined) await once(child, 'message', { signal });
    else await spec.untilReady(child, signal);
    lives.push(child);
  };
  const child = superviseChild(
    { ...spec, untilReady },
    { logsFolder: folder, runFolder: folder, say: (line) => said.push(line) },
  );
  onTestFinished(() => child.stop());
  return {
    child,
    folder,
    lives,
    said,
    life: (index: number) => vi.waitFor(() => lifeOf(lives, index), { timeout: 20_000 }),
  };
}

function lifeOf(lives: readonly ChildProcess[], index: number): { readonly pid: number } {
  const pid = lives[index]?.pid;
  if (pid === undefined) throw new Error(`there was no life ${index} yet`);
  return { pid };
}

test('a child that is killed is started again, with one line that says so', async () => {
  const { child, said, life } = supervise(nodeChild('server', 'ready-child.mjs'));
  await child.firstReady;
  process.kill((await life(0)).pid, 'SIGKILL');
  const second = await life(1);
  expect(processIdentity(second.pid)).not.toBeNull();
  expect(said.filter((line) => line.includes('ended'))).toEqual([
    'server ended (SIGKILL); starting it again in 100 ms',
  ]);
});

test('the pause before a restart doubles while the child keeps dying', async () => {
  const { life, said } = supervise(nodeChild('server', 'ready-child.mjs'));
  for (const index of [0, 1, 2]) process.kill((await life(index)).pid, 'SIGKILL');
  await life(3);
  expect(said.filter((line) => line.includes('ended')).map((line) => /in (\d+) ms/.exec(line)?.[1])).toEqual([
    '100',
    '200',
    '400',
  ]);
});

test('a child whose start has nowhere to be recorded, as on a full disk, is tried again until it has', async () => {
  const { child, folder, life, said } = supervise(nodeChild('server', 'ready-child.mjs'));
  await child.firstReady;
  renameSync(folder, `${folder}-away`);
  process.kill((await life(0)).pid, 'SIGKILL');
  await vi.waitFor(() => expect(said.filter((line) => line.includes('ENOENT')).length).toBeGreaterThan(1), 20_000);
  renameSync(`${folder}-away`, folder);
  expect(processIdentity((await life(1)).pid)).not.toBeNull();
});

test('a child that ends with a code before it was ready is not started again, and its words are shown', async () => {
  const { child, said } = supervise(nodeChild('server', 'failing-child.mjs'));
  await expect(child.firstReady).rejects.toThrow(new StartError('server could not be started (exit code 3).'));
  expect(said).toEqual(['server: the key of the house does not fit']);
});

describe('a child that is not ready', () => {
  /** A child that is signalled by hand, under a clock that only the test moves. */
  async function startWaitingChild() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const spawned = Promise.withResolvers<ChildProcess>();
    const untilReady: NonNullable<ChildSpec['untilReady']> = async (child, signal) => {
      spawned.resolve(child);
      for (;;) {
        const [message] = await once(child, 'message', { signal });
        if (message.type === 'ready') return;
      }
    };
    const spec = nodeChild('server', 'waiting-child.mjs', { untilReady });
    const { child, said } = supervise(spec);
    const process = await spawned.promise;
    await once(process, 'message');
    return { child, said, process };
  }

  test('but says that it waits for something is given time for as long as it says so', async () => {
    const { child, process } = await startWaitingChild();
    for (let round = 0; round < 3; round++) {
      vi.advanceTimersByTime(READY_TIMEOUT_MS - 1);
      process.kill('SIGUSR2');
      await once(process, 'message');
    }
    process.kill('SIGHUP');
    await child.firstReady;
  });

  test('and has said nothing for a minute is killed', async () => {
    const { process } = await startWaitingChild();
    vi.advanceTimersByTime(READY_TIMEOUT_MS);
    await once(process, 'exit');
    expect(process.signalCode).toBe('SIGKILL');
  });
});

test('a program that is not there is a start error', async () => {
  const missing = { program: () => ({ file: 'no-such-program', args: [], env: process.env, cwd: programs }) };
  const { child } = supervise(nodeChild('server', '', missing));
  await expect(child.firstReady).rejects.toThrow(/server could not be started \(.*ENOENT/);
});

test('a stop ends the child in order and for good, however often it is asked for', async () => {
  const ends: string[] = [];
  const { child, lives, folder } = supervise(
    nodeChild('server', 'ready-child.mjs', { afterExit: () => ends.push('end') }),
  );
  await child.firstReady;
  await Promise.all([child.stop(), child.stop()]);
  expect(lives.map((life) => [life.exitCode, life.signalCode])).toEqual([[0, null]]);
  expect(ends).toEqual(['end']);
  expect(readdirSync(folder)).toEqual(['server.log']); // the run record is gone
});

test('a child that does not end when asked is killed together with its process group', async () => {
  const { child, folder, lives } = supervise(nodeChild('server', 'stubborn-child.mjs', { stopTimeoutMs: 50 }));
  await child.firstReady;
  const grandchild = await vi.waitFor(() => {
    const pid = /grandchild (\d+)/.exec(readFileSync(join(folder, 'server.log'), 'utf8'))?.[1];
    expect(pid).toBeDefined();
    return Number(pid);
  });
  await child.stop();
  expect(lives[0]?.signalCode).toBe('SIGKILL');
  await vi.waitFor(() => expect(processIdentity(grandchild)).toBeNull());
});

test('all output is logged, and only warnings and errors are shown', async () => {
  const { child, folder, said } = supervise(nodeChild('server', 'ready-child.mjs'));
  await child.firstReady;
  await child.stop();
  expect(readFileSync(join(folder, 'server.log'), 'utf8')).toContain('hello');
  expect(said).toEqual(['server: look at this']);
});

function realNatsServer() {
  const keys = createMessageKeys(['worker-1']);
  const authorization = natsAuthorization({ serverPublicKey: keys.server.publicKey, workers: keys.workers });
  return natsServer({ folder: temporaryFolder(), authorization, env: process.env });
}

test('a child that does no work any more is started again when asked', async () => {
  const { child, life } = supervise(nodeChild('server', 'ready-child.mjs'));
  await child.firstReady;
  const first = await life(0);
  child.restart();
  expect((await life(1)).pid).not.toBe(first.pid);
});

test('nats-server that is killed listens on the same port again', async () => {
  const nats = realNatsServer();
  const { child, life } = supervise(nats.spec);
  await child.firstReady;
  const url = nats.url();
  process.kill((await life(0)).pid, 'SIGKILL');
  await life(1);
  expect(nats.url()).toBe(url);
  expect(url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
});

test('workers end first, then the servers, then nats-server, which ends with 0', async () => {
  const folder = temporaryFolder();
  const said: string[] = [];
  const ended: string[] = [];
  const children = new ChildrenInOrder((spec) =>
    superviseChild(
      { ...spec, afterExit: () => ended.push(spec.name) },
      { logsFolder: folder, runFolder: folder, say: (line) => said.push(line) },
    ),
  );
  onTestFinished(() => children.stopAll());
  await children.start(realNatsServer().spec);
  await Promise.all(
    ['server', 'server-2', 'worker-1', 'worker-2'].map((name) => children.start(nodeChild(name, 'ready-child.mjs'))),
  );
  await children.stopAll();
  expect(ended.slice(0, 2).sort()).toEqual(['worker-1', 'worker-2']);
  expect(ended.slice(2, 4).sort()).toEqual(['server', 'server-2']);
  expect(ended.slice(4)).toEqual(['nats-server']);
  await expect(children.start(nodeChild('server', 'ready-child.mjs'))).rejects.toThrow(StartError);
});
