import { finalStatuses } from '@yardmaster/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { untilEnded } from './support/builds.ts';
import { useInstallation } from './support/installation.ts';
import { type Followed, followStream, followTopic, type StreamMessage } from './support/live.ts';
import { gatedProject, zipOf } from './support/projects.ts';
import { until } from './support/until.ts';

const PRINTED_LINES = 1_500;
const installation = useInstallation({ YARDMASTER_WORKERS: '1' });

/** Three clients follow one build from its first second; in its middle the server is killed. */
let jobId = '';
let jobFrames: ReturnType<typeof followTopic>;
let logFrames: ReturnType<typeof followTopic>;
let stream: Followed<StreamMessage>;

beforeAll(async () => {
  const { product } = installation;
  const gate = await installation.newGate();
  stream = followStream(product);
  await until('the stream has begun', () => (stream.received.length > 0 ? true : null));
  const project = zipOf(gatedProject({ gate, lines: PRINTED_LINES }));
  jobId = (await product.api.uploadArchive('watched', project)).website.buildJobId;
  jobFrames = followTopic(product, `job:${jobId}`);
  logFrames = followTopic(product, `logs:${jobId}`);
  gate.open('install');
  await gate.arrived('build', 1);
  await until('lines have been received', () => (linesReceived().length > 0 ? true : null));

  const before = product.processes().server ?? 0;
  await product.kill('server');
  await product.restarted('server', before);
  gate.open('build');
  await untilEnded(product, jobId);
  const { length } = await product.api.logLines(jobId);
  await until('the clients have been told of the end', () => {
    const toldAll = [jobFrames, logFrames, stream].every(({ connections }) => connections() > 1);
    const ended = jobFrames.received.at(-1)?.job?.status === 'completed' && streamed().at(-1)?.status === 'completed';
    return toldAll && ended && linesReceived().length >= length && notified().includes('completed') ? true : null;
  });
});

afterAll(() => {
  for (const each of [jobFrames, logFrames, stream]) each?.stop();
});

const linesReceived = () => logFrames.received.flatMap(({ lines }) => lines ?? []);
const streamed = () => stream.received.flatMap((message) => (message.type === 'job_update' ? [message.jobUpdate] : []));
const notified = () =>
  stream.received.flatMap((message) => (message.type === 'notification' ? [message.notification.type] : []));

test('a WebSocket tells every event of a build once and in order, across the death of the server', async () => {
  const { api } = installation.product;
  const told = jobFrames.received.flatMap(({ events }) => events ?? []);
  expect(told).toEqual(await api.history(jobId));
  const [first, ...later] = jobFrames.received.map(({ type }) => type);
  expect(first).toBe('snapshot');
  expect(later).not.toContain('snapshot');
  const revisions = jobFrames.received.map(({ job }) => job?.revision ?? -1);
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
});

test('server-sent events tell each state once and in order, and each notification once', async () => {
  expect(stream.received.map(({ type }) => type).filter((type) => type === 'snapshot')).toHaveLength(1);
  const states = streamed().map((job) => JSON.stringify(job));
  expect(states.filter((state, index) => states.indexOf(state) !== index)).toEqual([]);
  const revisions = streamed().map(({ revision }) => revision);
  expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
  expect(streamed().filter(({ status }) => finalStatuses.has(status))).toHaveLength(1);
  expect(notified()).toEqual(['queued', 'started', 'completed']);
});

test('the log has every line once, by WebSocket and by paging', async () => {
  const { api } = installation.product;
  const paged = await api.logLines(jobId, 700);
  expect(paged.map(({ n }) => n)).toEqual(paged.map((_, index) => index + 1));
  expect(linesReceived()).toEqual(paged);
  const printed = paged.map(({ text }) => text).filter((text) => /^(before|after) \d+$/.test(text));
  const numbered = (part: string) => Array.from({ length: PRINTED_LINES }, (_, index) => `${part} ${index + 1}`);
  expect(printed).toEqual([...numbered('before'), ...numbered('after')]);
  const raw = await api.send('GET', `/jobs/${jobId}/logs`, { headers: { accept: 'text/plain' } });
  expect(await raw.text()).toBe(paged.map(({ text }) => `${text}\n`).join(''));
});
