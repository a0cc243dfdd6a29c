import type { JobId } from '@yardmaster/domain';
import { type JobSummary, ServerFrame } from '@yardmaster/protocol';
import { describe, expect, it, vi } from 'vitest';
import type { Viewer } from '../src/auth/viewer.ts';
import { createLiveHub } from '../src/live/live-hub.ts';
import { maxBufferedBytes } from '../src/live/outlet.ts';
import { driveBuild } from './build-driver.ts';
import { openLive, openStream } from './live-client.ts';
import { idOf, startTestServer, type TestServer } from './server-fixture.ts';

const aBuild = async (server: TestServer): Promise<JobId> => idOf((await server.upload()).answer);

describe('the queue topic', () => {
  it('begins with a snapshot and tells every change of a build in order', async () => {
    const server = await startTestServer();
    await aBuild(server);
    const client = await openLive(server);
    client.subscribe('queue');
    const snapshot = ServerFrame.parse(await client.until(({ type }) => type === 'snapshot'));
    expect(snapshot.jobs).toMatchObject([
      { status: 'queued', queuePosition: 1, waitingReason: 'The message server cannot be reached.' },
    ]);
    const jobId = await aBuild(server);
    await client.until(({ job }) => job?.id === jobId && job.queuePosition === 2);
    const build = driveBuild(server, jobId);
    await build.claim();
    await build.fail();
    await client.until(({ job }) => job?.status === 'failed');
    const updates = client.frames.filter(({ job }) => job?.id === jobId);
    const revisions = updates.map(({ job }) => job?.revision ?? -1);
    expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
    for (const frame of client.frames) ServerFrame.parse(frame);
  });

  it('tells the others when one leaves the queue', async () => {
    const server = await startTestServer();
    const [first, second] = [await aBuild(server), await aBuild(server)];
    const client = await openLive(server);
    client.subscribe('queue');
    await client.until(({ type }) => type === 'snapshot');
    await server.ask(`/jobs/${first}`, { method: 'DELETE' });
    const moved = await client.until(({ job }) => job?.id === second);
    expect(moved.job).toMatchObject({ queuePosition: 1 });
    expect(client.frames.filter(({ job }) => job?.id === second)).toHaveLength(1);
  });

  it('tells a place that a change has told already not again', async () => {
    const server = await startTestServer();
    const client = await openLive(server);
    client.subscribe('queue');
    await client.until(({ type }) => type === 'snapshot');
    const jobId = await aBuild(server);
    await client.until(({ job }) => job?.id === jobId);
    // A snapshot for anybody tells everybody first what of the places they do not know.
    const other = await openLive(server);
    other.subscribe('queue');
    await other.until(({ type }) => type === 'snapshot');
    await server.ask(`/jobs/${jobId}`, { method: 'DELETE' });
    await client.until(({ job }) => job?.status === 'cancelled');
    expect(client.frames.flatMap(({ job }) => (job === undefined ? [] : [job.status]))).toEqual([
      'queued',
      'cancelled',
    ]);
  });

  it('is everybody’s own', async () => {
    const server = await startTestServer();
    const stranger = await server.register('stranger', 'user');
    const jobId = await aBuild(server);
    const client = await openLive(server, { as: stranger });
    for (const topic of ['queue', 'notifications', `job:${jobId}`, `logs:${jobId}`]) client.subscribe(topic);
    await client.until(({ topic, type }) => topic === `logs:${jobId}` && type === 'error');
    const own = idOf((await server.upload({ as: stranger })).answer);
    await client.until(({ job }) => job?.id === own);
    await client.until(({ notification }) => notification?.jobId === own);
    expect(
      client.frames
        .filter(({ type }) => type === 'error')
        .map(({ topic }) => topic)
        .toSorted(),
    ).toEqual([`job:${jobId}`, `logs:${jobId}`]);
    expect(JSON.stringify(client.frames.filter(({ type }) => type !== 'error'))).not.toContain(jobId);
  });
});

describe('a reader that comes back', () => {
  it('misses nothing and gets nothing twice over a hundred disconnects (job, WebSocket)', async () => {
    const server = await startTestServer();
    const random = seeded(42);
    const seen: number[] = [];
    const jobs: JobId[] = [];
    for (let round = 0; round < 10; round++) {
      const jobId = await aBuild(server);
      jobs.push(jobId);
      const working = buildThrough(server, jobId);
      const revisions: number[] = [];
      let since: string | undefined;
      for (let visit = 0; visit < 10; visit++) {
        const client = await openLive(server);
        client.subscribe(`job:${jobId}`, since === undefined ? {} : { since });
        const wanted = Math.ceil(random() * 4);
        const last = visit === 9;
        await Promise.race([
          client.until(({ job }) => job?.status === 'completed'),
          ...(last ? [] : [client.until(() => client.frames.length >= wanted)]),
          // A reader that has everything already is sent nothing.
          ...(revisions.at(-1) === lastRevision ? [Promise.resolve()] : []),
        ]);
        client.close();
        for (const frame of client.frames) {
          for (const { revision } of frame.events ?? []) revisions.push(revision);
          if (typeof frame.position === 'string') since = frame.position;
        }
      }
      await working;
      expect(revisions).toEqual(Array.from({ length: lastRevision + 1 }, (_, n) => n));
      seen.push(...revisions);
    }
    expect(seen).toHaveLength(jobs.length * (lastRevision + 1));
  });

  it('misses no notification and no end of a build over a hundred disconnects (SSE)', async () => {
    const server = await startTestServer();
    const random = seeded(7);
    const notified: string[] = [];
    const ended = new Set<string>();
    let lastEventId: string | undefined;
    let isDone = false;
    const working = (async () => {
      for (let round = 0; round < 12; round++) await buildThrough(server, await aBuild(server));
      isDone = true;
    })();
    for (let visit = 0; visit < 100 || !isDone; visit++) {
      const stream = await openStream(server, lastEventId === undefined ? {} : { lastEventId });
      const wanted = Math.ceil(random() * 3);
      if (!isDone) await Promise.race([working, stream.until(() => stream.messages.length >= wanted)]);
      stream.close();
      await stream.ended;
      take(stream.messages);
    }
    const final = await openStream(server, lastEventId === undefined ? {} : { lastEventId });
    const mark = await aBuild(server);
    await final.until(({ data }) => data.type === 'notification' && JSON.stringify(data).includes(mark));
    take(final.messages);
    const { notifications } = await server.get<{ notifications: { id: string }[] }>('/user/notifications');
    expect(notified.toSorted()).toEqual(notifications.map(({ id }) => id).toSorted());
    expect(ended.size).toBe(12);

    function take(messages: typeof final.messages): void {
      for (const { id, data } of messages) {
        if (id !== null) lastEventId = id;
        if (data.type === 'notification') notified.push((data.notification as { id: string }).id);
        const job = data.jobUpdate as JobSummary | undefined;
        if (job?.status === 'completed') ended.add(job.id);
      }
    }
  });

  it('gets a snapshot where its position means nothing: another store, the future, or no position', async () => {
    const server = await startTestServer();
    await aBuild(server);
    const client = await openLive(server);
    const tries = [{ since: '1', storeId: 'another' }, { since: '999999999' }, { since: 'nonsense' }, { since: 3 }];
    for (const [index, options] of tries.entries()) {
      client.subscribe('queue', options);
      await client.until(() => client.frames.filter(({ type }) => type === 'snapshot').length === index + 1);
    }
  });

  it('after a restart of the server goes on where it was', async () => {
    const server = await startTestServer();
    const jobId = await aBuild(server);
    const before = await openStream(server);
    const { id } = await before.until(({ data }) => data.type === 'snapshot');
    await driveBuild(server, jobId).claim();
    await server.stop();
    const again = await startTestServer({ dataDir: server.dataDir });
    const after = await openStream(again, { lastEventId: id ?? '' });
    const update = await after.until(({ data }) => data.type === 'job_update');
    expect(update.data.jobUpdate).toMatchObject({ id: jobId, status: 'building' });
    expect(after.messages.some(({ data }) => data.type === 'snapshot')).toBe(false);
  });
});

describe('the notifications topic', () => {
  it('tells what is new and what was read', async () => {
    const server = await startTestServer();
    const client = await openLive(server);
    client.subscribe('notifications');
    expect(await client.until(({ type }) => type === 'snapshot')).toMatchObject({ notifications: [], unreadCount: 0 });
    await aBuild(server);
    const { notification } = await client.until((frame) => frame.notification !== undefined);
    expect(notification).toMatchObject({ type: 'queued', read: false });
    await server.ask(`/user/notifications/${encodeURIComponent(notification?.id ?? '')}/read`, { method: 'PATCH' });
    const read = await client.until(({ type, notifications }) => type === 'update' && notifications !== undefined);
    expect(read).toMatchObject({ unreadCount: 0, notifications: [{ read: true }] });
  });
});

describe('the logs topic', () => {
  it('begins with the last lines, goes on with new ones, and resumes by line number', async () => {
    const server = await startTestServer();
    const jobId = await aBuild(server);
    append(server, jobId, 1, 1_500);
    const client = await openLive(server);
    client.subscribe(`logs:${jobId}`);
    const snapshot = await client.until(({ type }) => type === 'snapshot');
    expect(snapshot.lines).toHaveLength(1_000);
    expect(snapshot).toMatchObject({ position: 1_500 });
    append(server, jobId, 1_501, 3);
    const update = await client.until(({ type }) => type === 'update');
    expect(update.lines?.map(({ n, text }) => [n, text])).toEqual([
      [1_501, 'line 1501'],
      [1_502, 'line 1502'],
      [1_503, 'line 1503'],
    ]);
    const other = await openLive(server);
    other.subscribe(`logs:${jobId}`, { since: 10 });
    await other.until(({ position }) => position === 1_503);
    expect(other.frames.flatMap(({ lines }) => lines ?? []).map(({ n }) => n)).toEqual(
      Array.from({ length: 1_493 }, (_, index) => index + 11),
    );
    expect(other.frames.every(({ type }) => type === 'update')).toBe(true);
    other.subscribe(`logs:${jobId}`, { since: 99_999 });
    await other.until(({ type }) => type === 'snapshot');
  });
});

describe('a live connection', () => {
  it('by cookie is opened by the dashboard only, and needs a sign-in', async () => {
    const server = await startTestServer();
    const cookie = await server.signIn(server.admin);
    await expect(openLive(server, { headers: {} })).rejects.toThrow('401');
    await expect(openLive(server, { headers: { Cookie: cookie } })).rejects.toThrow('403');
    await expect(openLive(server, { headers: { Cookie: cookie, Origin: 'https://evil.example' } })).rejects.toThrow(
      '403',
    );
    const client = await openLive(server, { headers: { Cookie: cookie, Origin: server.url } });
    client.subscribe('queue');
    await client.until(({ type }) => type === 'snapshot');
  });

  it('ends when its session is ended, and when the server goes away', async () => {
    const server = await startTestServer();
    const cookie = await server.signIn(server.admin);
    const headers = { Cookie: cookie, Origin: server.url };
    const [client, other] = [await openLive(server, { headers }), await openLive(server)];
    await server.ask('/auth/sign-out', { as: null, method: 'POST', headers });
    expect(await client.closed).toEqual({ code: 4401 });
    await server.stop();
    expect(await other.closed).toEqual({ code: 1001 });
  });

  it('answers a ping, after what was sent before it, whether anything is followed or not', async () => {
    const server = await startTestServer();
    const client = await openLive(server);
    client.send({ type: 'ping' });
    await client.until(({ type }) => type === 'pong');
    client.subscribe('logs:none');
    client.send({ type: 'ping' });
    await client.until(() => client.frames.filter(({ type }) => type === 'pong').length === 2);
    expect(client.frames.map(({ type }) => type)).toEqual(['pong', 'error', 'pong']);
    for (const frame of client.frames) ServerFrame.parse(frame);
  });

  it('is closed on messages that mean nothing and on too many topics', async () => {
    const server = await startTestServer();
    for (const message of [{ type: 'subscribe', topic: 'everything' }, 'hello', { type: 'destroy' }]) {
      const client = await openLive(server);
      client.send(message);
      expect(await client.closed).toEqual({ code: 1008 });
    }
    const greedy = await openLive(server);
    for (let n = 0; n <= 100; n++) greedy.subscribe(`job:none-${n}`);
    greedy.subscribe('queue');
    await greedy.until(({ topic }) => topic === 'queue'); // topics that are not there do not count
  });

  it('that does not read gets nothing more, and a fresh snapshot in place of a backlog once it reads again', async () => {
    const server = await startTestServer();
    const jobId = await aBuild(server);
    const hub = createLiveHub(server.parts);
    const frames: ServerFrame[] = [];
    const outlet = { bufferedBytes: 0, send: (frame: ServerFrame) => void frames.push(frame), close() {} };
    const viewer: Viewer = { id: server.admin.id, role: 'admin', via: 'token', credentialHash: '' };
    const connection = hub.connect(viewer, outlet);
    // A second reader, who keeps up, tells when the first one would have been told.
    const witness = await openLive(server);
    for (const topic of ['queue', `job:${jobId}`]) {
      connection?.subscribe(topic, {});
      witness.subscribe(topic);
      await witness.until((frame) => frame.topic === topic && frame.type === 'snapshot');
    }
    const count = () => frames.length;
    await vi.waitUntil(() => count() === 2);

    outlet.bufferedBytes = maxBufferedBytes;
    const { command } = driveBuild(server, jobId);
    for (let priority = 0; priority < 5; priority++) {
      await command({ type: 'ChangePriority', priority });
      await witness.until(({ job }) => job?.priority === priority);
    }
    // Five changes were told to the witness; the one frame that found the buffer full was the last here.
    const before = count();
    expect(before).toBeLessThanOrEqual(3);
    outlet.bufferedBytes = 0;
    connection?.drained();
    await vi.waitUntil(() => count() === before + 2);
    expect(frames.slice(-2).map(({ type }) => type)).toEqual(['snapshot', 'snapshot']);
    const ofJob = frames.findLast(({ topic }) => topic === `job:${jobId}`);
    expect(ofJob?.events?.map(({ revision }) => revision)).toEqual([0, 1, 2, 3, 4, 5, 6]);

    await command({ type: 'ChangePriority', priority: 9 });
    await vi.waitUntil(() => frames.some(({ type, job }) => type === 'update' && job?.priority === 9));
    await hub.stop();
  });
});

/** The revision of `BuildCompleted` in {@link buildThrough}. */
const lastRevision = 15;

async function buildThrough(server: TestServer, jobId: JobId): Promise<void> {
  const build = driveBuild(server, jobId);
  await build.claim();
  await build.publish('output-1');
  await build.complete();
}

function append(server: TestServer, jobId: JobId, firstLine: number, count: number): void {
  for (let at = firstLine; at < firstLine + count; at += 500) {
    const lines = Array.from({ length: Math.min(500, firstLine + count - at) }, (_, index) => ({
      at: '2026-01-01T12:00:00.000Z',
      step: 'install' as const,
      stream: 'stdout' as const,
      text: `line ${at + index}`,
    }));
    server.parts.logs.append({ jobId, attempt: 1, firstLine: at, lines, end: null });
  }
  server.linesAppended(jobId);
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
