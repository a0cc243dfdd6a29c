import { isDeepStrictEqual } from 'node:util';
import { SystemHealth } from '@yardmaster/protocol';
import { expect, test } from 'vitest';
import { createApi } from './support/api.ts';
import { untilEnded } from './support/builds.ts';
import type { Gate } from './support/gate.ts';
import { expectSoundHistories } from './support/histories.ts';
import { useInstallation } from './support/installation.ts';
import { gatedProject, plainWebsite, zipOf } from './support/projects.ts';
import { until } from './support/until.ts';

const SLOTS = 2;
const names = ['server', 'server-2'] as const;
type Name = (typeof names)[number];

const installation = useInstallation({
  YARDMASTER_SERVERS: String(names.length),
  YARDMASTER_WORKERS: String(SLOTS),
  YARDMASTER_SLOTS: '1',
});

const other = (name: Name): Name => (name === 'server' ? 'server-2' : 'server');
const urlOf = (name: Name): string => installation.product.urls[names.indexOf(name)] ?? '';
const apiOf = (name: Name) => createApi({ url: urlOf(name), token: installation.product.token });

/** What a server says of itself; null while it does not answer. */
async function readiness(name: Name) {
  const answer = await fetch(`${urlOf(name)}/readyz`).catch(() => null);
  return answer?.ok === true ? SystemHealth.parse(await answer.json()) : null;
}

/** Resolves when both are ready and agree on who leads. */
const untilAgreed = (): Promise<Name> =>
  until('both servers are ready and name the same leader', async () => {
    const both = await Promise.all(names.map(readiness));
    if (both.some((each) => each?.status !== 'ready')) return null;
    const leader = names.find((_, index) => both[index]?.server.leading);
    return leader !== undefined && both.every((each) => each?.server.leader === leader) ? leader : null;
  });

const untilLeads = (name: Name) =>
  until(`${name} leads`, async () => ((await readiness(name))?.server.leading === true ? true : null));

/** As many builds as there are slots, each in the middle of its install, and two that wait; uploaded here and there. */
async function fillQueue(gate: Gate, title: string): Promise<readonly string[]> {
  const held = gatedProject({ gate });
  const projects = [held, held, plainWebsite('first to wait'), plainWebsite('second to wait')];
  const jobIds: string[] = [];
  for (const [index, project] of projects.entries()) {
    const api = apiOf(names[index % names.length] ?? 'server');
    jobIds.push((await api.uploadArchive(`${title} ${index + 1}`, zipOf(project))).website.buildJobId);
  }
  await gate.arrived('install', SLOTS);
  return jobIds;
}

/** The builds under way as a server shows them. */
async function queueAt(name: Name) {
  const { activeJobs } = await apiOf(name).queue();
  return activeJobs.map(({ id, status, queuePosition }) => ({ id, status, queuePosition }));
}

/** They complete in their first attempt, each with a sound history and one end, and nothing of them runs on. */
async function expectAllToComplete(gate: Gate, jobIds: readonly string[]): Promise<void> {
  gate.open();
  const { product } = installation;
  for (const jobId of jobIds) {
    const { status, error, attempt } = await untilEnded(product, jobId);
    expect({ status, error, attempt }).toEqual({ status: 'completed', error: null, attempt: 1 });
  }
  await expectSoundHistories(product, jobIds);
  await until('no process of any build runs', () => (product.buildProcesses().length === 0 ? true : null));
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'both servers show one queue; when the leader ends by %s the other takes uploads and leads, and no build is repeated',
  async (signal) => {
    const { product } = installation;
    const leader = await untilAgreed();
    const standby = other(leader);
    const gate = await installation.newGate();
    const jobIds = await fillQueue(gate, signal);
    const queue = await until('both servers show the same queue', async () => {
      const [one, two] = await Promise.all(names.map(queueAt));
      const isSettled = one?.filter(({ status }) => status === 'building').length === SLOTS;
      return isSettled && isDeepStrictEqual(one, two) ? one : null;
    });
    expect(queue.map(({ id, queuePosition }) => [id, queuePosition])).toEqual(
      jobIds.map((id, index) => [id, [null, null, 1, 2][index]]).toReversed(),
    );

    const before = product.processes()[leader] ?? 0;
    process.kill(before, signal);
    const meanwhile = await apiOf(standby).uploadArchive(`${signal} meanwhile`, zipOf(plainWebsite('meanwhile')));
    await untilLeads(standby);
    await product.restarted(leader, before);
    expect(await untilAgreed()).toBe(standby);
    await expectAllToComplete(gate, [...jobIds, meanwhile.website.buildJobId]);
  },
);
