import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UploadAnswer } from '@yardmaster/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import { problemOf, type UploadFile } from './support/api.ts';
import { untilEnded } from './support/builds.ts';
import { createEventStoreServer } from './support/event-store-server.ts';
import { expectSoundHistories } from './support/histories.ts';
import { useInstallation } from './support/installation.ts';
import { followStream, followTopic } from './support/live.ts';
import { launchProduct } from './support/product.ts';
import { gatedProject, plainWebsite, zipOf } from './support/projects.ts';
import { until } from './support/until.ts';

const SLOTS = 2;
/** A worker offers its output with pauses that grow to three seconds: so often takes it a dozen seconds. */
const REFUSED_OUTPUTS = 7;
const KILLS = 5;
const installation = useInstallation({ YARDMASTER_WORKERS: '1', YARDMASTER_SLOTS: String(SLOTS) });

async function readiness(): Promise<unknown> {
  const response = await fetch(`${installation.product.url}/readyz`);
  return { code: response.status, ...((await response.json()) as object) };
}

const untilReady = () =>
  until('the product is ready again', async () =>
    ((await readiness()) as { readonly status: string }).status === 'ready' ? true : null,
  );

const serverLog = (dataDir: string): string => readFileSync(join(dataDir, 'logs', 'server.log'), 'utf8');

/** What the supervisor and its children have said on the terminal. */
const warnings = (said: string): readonly string[] =>
  said.split('\n').filter((line) => line.startsWith('yardmaster: '));

test('the event store killed in the middle of builds and away for longer than anybody waits: nothing is lost, doubled or half done', async () => {
  const { product, eventStore } = installation;
  const { api } = product;
  const [installing, bundling] = [await installation.newGate(), await installation.newGate()];
  bundling.open('install');
  const stream = followStream(product);
  onTestFinished(stream.stop);
  await until('the stream has begun', () => (stream.received.length > 0 ? true : null));
  const jobIds: string[] = [];
  for (const gate of [bundling, installing, bundling]) {
    const project = zipOf(gatedProject({ gate }));
    jobIds.push((await api.uploadArchive(`build ${jobIds.length + 1}`, project)).website.buildJobId);
  }
  const [first = '', second = '', waiting = ''] = jobIds;
  const topic = followTopic(product, `job:${first}`);
  onTestFinished(topic.stop);
  await Promise.all([bundling.arrived('build', 1), installing.arrived('install', 1)]);
  const before = await api.queue();
  const told = () => topic.received.flatMap(({ events }) => events ?? []);
  const toldBefore = told().length;

  await eventStore.kill();
  const late: readonly UploadFile[] = [{ name: 'late.zip', content: zipOf(plainWebsite('late')) }];
  const uploadLate = () => api.postUpload(late, { name: 'late' }, { 'Idempotency-Key': 'late' });
  const refused = await uploadLate();
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
  expect(refused.headers.get('content-type')).toContain('application/problem+json');
  expect(await problemOf(refused)).toMatchObject({ code: 'event-store-unavailable' });
  const notCancelled = await api.send('DELETE', `/jobs/${second}`);
  expect([notCancelled.status, (await problemOf(notCancelled)).code]).toEqual([503, 'event-store-unavailable']);
  expect(await readiness()).toMatchObject({
    code: 200,
    status: 'degraded',
    store: 'unreachable',
    reason: 'The event store cannot be reached: connection refused.',
  });
  expect((await api.queue()).activeJobs.map(({ id, status }) => [id, status])).toEqual(
    before.activeJobs.map(({ id, status }) => [id, status]),
  );

  bundling.open('build');
  installing.open();
  await until('its worker has offered the output of a build again and again', () => {
    const offers = serverLog(product.dataDir)
      .split('\n')
      .filter((line) => line.includes(`${first}/output`));
    return offers.filter((line) => line.includes('"status":503')).length >= REFUSED_OUTPUTS ? true : null;
  });
  expect((await api.job(first)).status).toBe('building');
  await eventStore.start();
  await untilReady();
  await until('who watches the build is told that it goes on', () => (told().length > toldBefore ? true : null));

  const accepted = [await uploadLate(), await uploadLate()];
  expect(accepted.map(({ status }) => status)).toEqual([201, 201]);
  const [{ website }, again] = [
    UploadAnswer.parse(await accepted[0]?.json()),
    UploadAnswer.parse(await accepted[1]?.json()),
  ];
  expect(again.website).toEqual(website);
  const all = [first, second, waiting, website.buildJobId];
  const ended = await Promise.all(all.map((id) => untilEnded(product, id)));
  expect(ended.map(({ status, attempt, error }) => ({ status, attempt, error }))).toEqual(
    all.map(() => ({ status: 'completed', attempt: 1, error: null })),
  );
  expect((await api.queue()).completedJobs.map(({ id }) => id).toSorted()).toEqual(all.toSorted());
  await expectSoundHistories(product, all);

  const history = await api.history(first);
  await until('the clients have been told of the ends', () => {
    const streamed = stream.received.flatMap((each) => (each.type === 'job_update' ? [each.jobUpdate] : []));
    const completed = new Set(streamed.filter(({ status }) => status === 'completed').map(({ id }) => id));
    return completed.size === all.length && told().length >= history.length ? true : null;
  });
  expect(told()).toEqual(history);
  expect([topic.connections(), stream.connections()]).toEqual([1, 1]);
  const address = `yardmaster: server: EventStoreDB at ${eventStore.address}`;
  expect(warnings(product.said())).toEqual([
    `${address} cannot be reached: connection refused. Nothing can be recorded until it is back.`,
    expect.stringMatching(new RegExp(`^${address} answers again, after [\\d.]+ s\\.$`)),
  ]);
});

test('the event store killed again and again: every upload that was answered is built', async () => {
  const { product, eventStore } = installation;
  const jobIds: string[] = [];
  for (let kills = 0; kills < KILLS; kills++) {
    const answer = await product.api.uploadArchive(`kill ${kills}`, zipOf(plainWebsite(`kill ${kills}`)));
    await eventStore.kill();
    jobIds.push(answer.website.buildJobId);
    await eventStore.start();
    await untilReady();
  }
  const ended = await Promise.all(jobIds.map((id) => untilEnded(product, id)));
  expect(ended.map(({ status, attempt }) => ({ status, attempt }))).toEqual(
    jobIds.map(() => ({ status: 'completed', attempt: 1 })),
  );
  await expectSoundHistories(product, jobIds);
});

test('the server killed while the event store is away: it waits, and the builds complete when both are back', async () => {
  const { product, eventStore } = installation;
  const gate = await installation.newGate();
  const { website } = await product.api.uploadArchive('both', zipOf(gatedProject({ gate })));
  await gate.arrived('install', 1);
  await eventStore.kill();
  const before = product.processes().server ?? 0;
  await product.kill('server');
  await until('the next server waits', () =>
    product.said().includes(`Waiting for EventStoreDB at ${eventStore.address}: connection refused`) ? true : null,
  );
  gate.open();
  await eventStore.start();
  await product.restarted('server', before);
  expect((await untilEnded(product, website.buildJobId)).status).toBe('completed');
  await expectSoundHistories(product, [website.buildJobId]);
});

describe('a product whose event store is not there when it starts', () => {
  function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'yardmaster-e2e-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  /** Starts a product on this event store; resolves when it says what it waits for. */
  async function launchWaiting(url: string) {
    const dataDir = newFolder();
    const launched = launchProduct({ dataDir, env: { YARDMASTER_WORKERS: '1', EVENTSTORE_URL: url } });
    onTestFinished(async () => void (await launched.stop()));
    await until('it says what it waits for', () => (launched.said().includes('Waiting for') ? true : null));
    return { dataDir, ...launched };
  }

  test('waits for it, says so on the terminal and in the log, and is ready when it comes', async () => {
    const eventStore = await createEventStoreServer(newFolder());
    const { said, ready, dataDir } = await launchWaiting(eventStore.url);
    const waiting = `Waiting for EventStoreDB at ${eventStore.address}: connection refused`;
    expect(warnings(said())).toEqual([`yardmaster: server: ${waiting}`]);
    expect(serverLog(dataDir)).toContain(waiting);
    await eventStore.start();
    onTestFinished(eventStore.stop);
    const product = await ready;
    const { website } = await product.api.uploadArchive('first', zipOf(plainWebsite('first')));
    expect((await untilEnded(product, website.buildJobId)).status).toBe('completed');
    expect(warnings(said())).toEqual([`yardmaster: server: ${waiting}`]);
    expect(await product.stop()).toBe(0);
  });

  test('stops when it is asked to while it waits, and names an unknown host but never a password', async () => {
    const { said, stop, dataDir } = await launchWaiting('esdb://admin:pa55word@store.invalid:2113?tls=false');
    expect(await stop()).toBe(0);
    expect(said()).toContain('Waiting for EventStoreDB at store.invalid:2113: its host name is not known here\n');
    expect(serverLog(dataDir)).toContain('stopped while it was starting');
    expect(`${said()}${serverLog(dataDir)}`).not.toContain('pa55word');
  });
});
