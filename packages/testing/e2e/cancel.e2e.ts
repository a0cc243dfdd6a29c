import { randomInt } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { untilEnded } from './support/builds.ts';
import type { Gate } from './support/gate.ts';
import { eventTypes, expectSoundHistories } from './support/histories.ts';
import { useInstallation } from './support/installation.ts';
import { isAlive, processesWith } from './support/processes.ts';
import { type Product, startProduct } from './support/product.ts';
import { gatedProject, type Project, plainWebsite, withFiles, zipOf } from './support/projects.ts';
import { until } from './support/until.ts';

const SLOTS = 2;
const RACES = 8;
const env = { YARDMASTER_WORKERS: '1', YARDMASTER_SLOTS: String(SLOTS) };
const installation = useInstallation({ ...env, YARDMASTER_DRAIN_MS: '240000' });

const nothingKilled = { processes: [], ports: [], workspaceRemoved: true };

const upload = async ({ api }: Product, name: string, project: Project): Promise<string> =>
  (await api.uploadArchive(name, zipOf(project))).website.buildJobId;

const lastEvent = async ({ api }: Product, jobId: string) => (await api.history(jobId)).at(-1);

/** Where the worker's builds are. */
function workspacesOf({ dataDir }: Product): string {
  const instanceId = readFileSync(join(dataDir, 'instance-id'), 'utf8').trim();
  return join(existsSync('/var/tmp') ? '/var/tmp' : tmpdir(), `yardmaster-${instanceId}-worker-1`);
}

/**
 * A build with a child that ignores SIGTERM, and a grandchild in a session of its own that listens on a port and is told
 * a password; they say in a file who they are.
 */
const stubbornProject = ({ gate, file }: { readonly gate: Gate; readonly file: string }): Project =>
  withFiles(gatedProject({ gate }), {
    'build.mjs': `import { spawn } from 'node:child_process';
import { knock } from './knock.mjs';
process.on('SIGTERM', () => {});
const grandchild = spawn(process.execPath, ['grandchild.mjs', 'password'], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
grandchild.stdout.once('data', () => knock('build'));
`,
    'grandchild.mjs': `import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
const server = createServer().listen(0, '127.0.0.1', () => {
  const { pid, ppid } = process;
  writeFileSync(${JSON.stringify(file)}, JSON.stringify({ pid, ppid, port: server.address().port }));
  console.log('listening');
});
`,
  });

interface Grandchild {
  readonly pid: number;
  readonly ppid: number;
  readonly port: number;
}

/** Whether anything takes connections there. */
const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

test('a cancelled build ends whole, and its history says what that took: processes, port, workspace', async () => {
  const { product } = installation;
  const gate = await installation.newGate();
  gate.open('install');
  const file = join(installation.newFolder(), 'grandchild.json');
  const jobId = await upload(product, 'stubborn', stubbornProject({ gate, file }));
  await gate.arrived('build', 1);
  const { pid, ppid, port }: Grandchild = JSON.parse(readFileSync(file, 'utf8'));
  const workspace = join(workspacesOf(product), `${jobId}-1`);
  const running = processesWith(`YARDMASTER_BUILD_JOB=${jobId}`);
  expect(running).toEqual(expect.arrayContaining([pid, ppid]));
  expect([await isTaken(port), existsSync(workspace)]).toEqual([true, true]);

  await product.api.cancel(jobId);
  expect((await untilEnded(product, jobId)).status).toBe('cancelled');
  expect(running.filter(isAlive)).toEqual([]);
  expect(processesWith(`YARDMASTER_BUILD_JOB=${jobId}`)).toEqual([]);
  expect([await isTaken(port), existsSync(workspace)]).toEqual([false, false]);
  const last = await lastEvent(product, jobId);
  expect(last).toMatchObject({
    type: 'BuildCancelled',
    data: {
      proven: true,
      killed: {
        processes: expect.arrayContaining([
          { pid, command: 'node' },
          { pid: ppid, command: 'node' },
        ]),
        ports: [port],
        workspaceRemoved: true,
      },
    },
  });
  expect(JSON.stringify(last)).not.toContain('password');
  await expectSoundHistories(product, [jobId]);
});

test('a build that is cancelled while it waits takes nothing to end, and never starts', async () => {
  const { product } = installation;
  const gate = await installation.newGate();
  const [first, second, third] = [
    await upload(product, 'first', gatedProject({ gate })),
    await upload(product, 'second', gatedProject({ gate })),
    await upload(product, 'third', plainWebsite('never')),
  ];
  await gate.arrived('install', SLOTS);
  await product.api.cancel(third);
  expect(await lastEvent(product, third)).toMatchObject({
    type: 'BuildCancelled',
    data: { killedProcesses: 0, proven: true, killed: nothingKilled },
  });
  for (const jobId of [first, second]) await product.api.cancel(jobId);
  for (const jobId of [first, second]) expect((await untilEnded(product, jobId)).status).toBe('cancelled');
  expect(await eventTypes(product, third)).not.toContain('BuildDispatched');
  await expectSoundHistories(product, [first, second, third]);
});

test('builds that are cancelled while they complete end once each, and leave nothing', async () => {
  const { product } = installation;
  const jobIds: string[] = [];
  for (let n = 1; n <= RACES; n++) jobIds.push(await upload(product, `race ${n}`, plainWebsite(`race ${n}`)));
  await Promise.all(
    jobIds.map(async (jobId) => {
      // A build of a plain website has some fifteen events.
      const moment = randomInt(3, 17);
      await until(`${jobId} has ${moment} events or has ended`, async () => {
        const { length } = await product.api.history(jobId);
        return length >= moment || (await product.api.job(jobId)).completedAt !== null ? true : null;
      });
      expect([202, 409]).toContain((await product.api.send('DELETE', `/jobs/${jobId}`)).status);
    }),
  );
  const ended = await Promise.all(jobIds.map((jobId) => untilEnded(product, jobId)));
  expect(ended.filter(({ status }) => status !== 'completed' && status !== 'cancelled')).toEqual([]);
  await expectSoundHistories(product, jobIds);
  for (const { id } of ended.filter(({ status }) => status === 'cancelled')) {
    expect(await lastEvent(product, id)).toMatchObject({ type: 'BuildCancelled', data: { proven: true } });
  }
  await until('no workspace is left', () => (readdirSync(workspacesOf(product)).length === 0 ? true : null));
  expect(product.buildProcesses()).toEqual([]);
});

test('a stop lets builds go on for as long as it was told to, and what is left then is built after the next start', async () => {
  const { product } = installation;
  const gate = await installation.newGate();
  const finished = await upload(product, 'finished', gatedProject({ gate }));
  await gate.arrived('install', 1);
  const stopped = product.stop();
  await until('the worker says what it waits for', () => (/may go on for/.test(product.said()) ? true : null));
  const waiting = await upload(product, 'waiting', plainWebsite('waiting'));
  gate.open();
  expect(await stopped).toBe(0);

  // The same data directory, with as good as no patience.
  const impatient = await startProduct({ dataDir: product.dataDir, env: { ...env, YARDMASTER_DRAIN_MS: '1' } });
  const second = await installation.newGate();
  let returned: string;
  try {
    expect((await impatient.api.job(finished)).status).toBe('completed');
    expect(await eventTypes(impatient, finished)).not.toContain('BuildReturned');
    expect((await untilEnded(impatient, waiting)).status).toBe('completed');
    returned = await upload(impatient, 'returned', gatedProject({ gate: second }));
    await second.arrived('install', 1);
  } finally {
    expect(await impatient.stop()).toBe(0);
  }

  const last = await installation.startAgain();
  await second.arrived('install', 2);
  second.open();
  expect((await untilEnded(last, returned)).status).toBe('completed');
  const types = await eventTypes(last, returned);
  expect(types.filter((type) => type === 'BuildReturned')).toHaveLength(1);
  expect(types).not.toContain('WorkerLost');
  await expectSoundHistories(last, [finished, waiting, returned]);
});
