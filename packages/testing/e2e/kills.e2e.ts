import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { untilEnded } from './support/builds.ts';
import type { Gate } from './support/gate.ts';
import { eventTypes, expectSoundHistories } from './support/histories.ts';
import { useInstallation } from './support/installation.ts';
import { isAlive } from './support/processes.ts';
import { createViteProject, gatedProject, gateInstall, zipOf } from './support/projects.ts';
import { until } from './support/until.ts';

const SLOTS = 2;
const installation = useInstallation({ YARDMASTER_WORKERS: '1', YARDMASTER_SLOTS: String(SLOTS) });

/** Four builds: one is in the middle of its install, one in the middle of its bundling, two wait in the queue. */
async function inTheMiddle(name: string): Promise<{ readonly jobIds: readonly string[]; readonly gates: Gates }> {
  const { api } = installation.product;
  const gates = { installing: await installation.newGate(), bundling: await installation.newGate() };
  gates.bundling.open('install');
  const projects = [gates.bundling, gates.installing, gates.installing, gates.bundling].map((gate) =>
    zipOf(gatedProject({ gate })),
  );
  const jobIds: string[] = [];
  for (const [index, project] of projects.entries()) {
    jobIds.push((await api.uploadArchive(`${name} ${index + 1}`, project)).website.buildJobId);
  }
  await Promise.all([gates.bundling.arrived('build', 1), gates.installing.arrived('install', 1)]);
  return { jobIds, gates };
}

interface Gates {
  readonly installing: Gate;
  readonly bundling: Gate;
}

/** Lets all builds go on; they complete, each with a sound history and one end, and nothing of them runs on. */
async function expectAllToComplete({ jobIds, gates }: Awaited<ReturnType<typeof inTheMiddle>>): Promise<void> {
  gates.installing.open();
  gates.bundling.open();
  const { product } = installation;
  const ended = await Promise.all(jobIds.map((id) => untilEnded(product, id)));
  expect(ended.map(({ status, error }) => ({ status, error }))).toEqual(
    jobIds.map(() => ({ status: 'completed', error: null })),
  );
  await expectSoundHistories(product, jobIds);
  await until('no process of any build runs', () => (product.buildProcesses().length === 0 ? true : null));
}

test('a worker killed in the middle of an install: another attempt completes the build', async () => {
  const { product } = installation;
  const gate = await installation.newGate();
  const project = createViteProject(join(installation.newFolder(), 'site'), 'vanilla-ts');
  const { website } = await product.api.uploadArchive('site', zipOf(gateInstall(project, gate)));
  await gate.arrived('install', 1);
  const firstAttempt = product.buildProcesses();
  expect(firstAttempt.length).toBeGreaterThan(1);
  await product.kill('worker-1');
  gate.open();
  const job = await untilEnded(product, website.buildJobId);
  expect(job).toMatchObject({ status: 'completed', attempt: 2 });
  expect(firstAttempt.filter(isAlive)).toEqual([]);
  const types = await eventTypes(product, job.id);
  expect(types.filter((type) => type === 'WorkerLost')).toHaveLength(1);
  expect(types.filter((type) => type === 'BuildClaimed')).toHaveLength(2);
  await expectSoundHistories(product, [job.id]);
  await until('no process of any build runs', () => (product.buildProcesses().length === 0 ? true : null));
});

test.each(['server', 'nats-server', 'worker-1'])(
  '%s killed in the middle of builds: all of them complete',
  async (name) => {
    const { product } = installation;
    const builds = await inTheMiddle(`without ${name}`);
    const before = product.processes()[name] ?? 0;
    await product.kill(name);
    await product.restarted(name, before);
    await expectAllToComplete(builds);
  },
);

test('everything killed at once in the middle of builds: all of them complete after the next start', async () => {
  const builds = await inTheMiddle('all at once');
  await installation.product.crash();
  await installation.startAgain();
  await expectAllToComplete(builds);
});

test('everything killed and the message streams deleted: all builds complete after the next start', async () => {
  const builds = await inTheMiddle('no streams');
  const { crash, dataDir } = installation.product;
  await crash();
  const streams = join(dataDir, 'nats', 'store');
  expect(existsSync(streams)).toBe(true);
  rmSync(streams, { recursive: true });
  await installation.startAgain();
  await expectAllToComplete(builds);
});

test('SIGTERM in the middle of builds ends everything with exit code 0, and the next start completes them', async () => {
  const { product } = installation;
  const builds = await inTheMiddle('stopped');
  const pids = [...Object.values(product.processes()), ...product.buildProcesses()];
  expect(await product.stop()).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
  await installation.startAgain();
  await expectAllToComplete(builds);
});
