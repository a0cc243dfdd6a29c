import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type HealthProblemCode, SystemHealth } from '@yardmaster/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { untilEnded } from './support/builds.ts';
import { expectSoundHistories } from './support/histories.ts';
import { useInstallation } from './support/installation.ts';
import { followTopic } from './support/live.ts';
import { plainWebsite, zipOf } from './support/projects.ts';
import { until } from './support/until.ts';

const installation = useInstallation({ YARDMASTER_WORKERS: '1' });

/** What `/readyz` says once it names the problem. */
function untilReadyzNames(code: HealthProblemCode): Promise<SystemHealth> {
  return until(`/readyz names ${code}`, async () => {
    const answer = await fetch(`${installation.product.url}/readyz`).catch(() => null);
    const health = SystemHealth.safeParse(await answer?.json());
    return health.data?.problems.some((problem) => problem.code === code) === true ? health.data : null;
  });
}

/** Follows the topic `health`; resolves when it has told of the problem, or has told last that there is none. */
function followHealth() {
  const followed = followTopic(installation.product, 'health');
  onTestFinished(() => followed.stop());
  const told = () => followed.received.flatMap(({ health }) => health ?? []);
  return {
    until: (code: HealthProblemCode) =>
      until(`the topic tells of ${code}`, () => {
        const found = told().find(({ problems }) => problems.some((problem) => problem.code === code));
        return found ?? null;
      }),
    untilReady: () =>
      until('the topic tells that all is well', () => (told().at(-1)?.status === 'ready' ? true : null)),
  };
}

/** Puts everything into the file itself, and garbage over all pages but the first. */
function damage(file: string): void {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA busy_timeout = 5000; CREATE TABLE passing (x); DROP TABLE passing; PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  writeFileSync(file, readFileSync(file).fill(0x5a, 4_096));
  // What a reader kept from being moved out of it.
  writeFileSync(`${file}-wal`, readFileSync(`${file}-wal`).fill(0x5a));
}

test('a message server that stands still is told; uploads are taken in, and are built when it goes on', async () => {
  const { product } = installation;
  const health = followHealth();
  const pid = product.processes()['nats-server'] ?? 0;
  process.kill(pid, 'SIGSTOP');
  onTestFinished(() => void process.kill(pid, 'SIGCONT'));
  const { website } = await product.api.uploadArchive('while it stands still', zipOf(plainWebsite('still here')));
  const now = await untilReadyzNames('messaging-unavailable');
  expect(now.status).toBe('degraded');
  expect((await health.until('messaging-unavailable')).status).toBe('degraded');
  expect((await product.api.get(SystemHealth, '/health')).status).toBe('degraded');
  expect((await product.api.job(website.buildJobId)).status).toBe('queued');
  process.kill(pid, 'SIGCONT');
  expect(await untilEnded(product, website.buildJobId)).toMatchObject({ status: 'completed' });
  await health.untilReady();
});

test('read models that are damaged while they are used are made anew and told; everything is as it was', async () => {
  const { product } = installation;
  const health = followHealth();
  const jobIds: string[] = [];
  for (const name of ['one', 'two', 'three']) {
    jobIds.push((await product.api.uploadArchive(name, zipOf(plainWebsite(name)))).website.buildJobId);
  }
  for (const id of jobIds) await untilEnded(product, id);
  const before = await product.api.queue();
  const server = product.processes().server ?? 0;
  damage(join(product.dataDir, 'read-models.sqlite'));
  // Whoever asks makes the server notice; it ends, and another one begins.
  await product.api.queue().catch(() => null);
  await product.restarted('server', server);
  expect(await product.api.queue()).toEqual(before);
  await expectSoundHistories(product, jobIds);
  await untilReadyzNames('read-models-rebuilt');
  await health.until('read-models-rebuilt');
  const { website } = await product.api.uploadArchive('after', zipOf(plainWebsite('after')));
  expect((await untilEnded(product, website.buildJobId)).status).toBe('completed');
});
