import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Running, silentLog } from '@yardmaster/application';
import { WorkerId } from '@yardmaster/domain';
import { connectNats, createWorkerMessaging, workerInboxPrefix } from '@yardmaster/messaging';
import { startNatsServer } from '@yardmaster/messaging/testing';
import { heartbeatIntervalMs } from '@yardmaster/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLive } from './live-client.ts';
import { idOf, startTestServer } from './server-fixture.ts';

const workerId = WorkerId.parse('worker-1');

async function aNatsServer() {
  const dataDir = await mkdtemp(join(tmpdir(), 'yardmaster-nats-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const nats = await startNatsServer({ dataDir });
  onTestFinished(() => nats.stop());
  return nats;
}

/** What a worker says and does on the message server, without building anything. */
function aWorker(url: string) {
  const connection = connectNats({
    url,
    seed: null,
    inboxPrefix: workerInboxPrefix(workerId),
    name: workerId,
    log: silentLog,
  });
  onTestFinished(() => connection.stop());
  const messaging = createWorkerMessaging({ connection, workerId, pool: 'default', log: silentLog });
  const heartbeats: Running[] = [];
  onTestFinished(async () => {
    for (const heartbeat of heartbeats) await heartbeat.stop();
  });
  return {
    messaging,
    beginHeartbeats(slots: number): void {
      let seq = 0;
      const timer = setInterval(() => {
        seq += 1;
        const session = { workerId, workerSession: 'session', pool: 'default', draining: false };
        messaging.heartbeat({ ...session, seq, slots, freeSlots: slots, attempts: [] });
      }, heartbeatIntervalMs);
      heartbeats.push({ stop: async () => clearInterval(timer) });
    },
  };
}

describe('the server and its message server', () => {
  it('work without each other: uploads wait, and builds go out as soon as a worker is there', async () => {
    const nats = await aNatsServer();
    await nats.kill();
    const server = await startTestServer({ env: { NATS_URL: nats.url } });
    const readiness = async () => (await server.ask(`${server.url}/readyz`)).json() as Promise<{ status: string }>;
    expect(await readiness()).toMatchObject({ status: 'degraded', nats: 'disconnected' });
    const { response, answer } = await server.upload();
    expect(response.status).toBe(201);
    const jobId = idOf(answer);
    const live = await openLive(server);
    for (const topic of ['queue', `logs:${jobId}`]) live.subscribe(topic);
    const snapshot = await live.until(({ type, jobs }) => type === 'snapshot' && jobs !== undefined);
    expect(snapshot.jobs).toMatchObject([{ waitingReason: 'The message server cannot be reached.' }]);

    await nats.restart();
    const { messaging, beginHeartbeats } = aWorker(nats.url);
    beginHeartbeats(1);
    await live.until(({ job }) => job?.state === 'dispatched' && job.queuePosition === null);
    const pulled = await messaging.pullWork(AbortSignal.timeout(20_000))[Symbol.asyncIterator]().next();
    expect(pulled.value?.item).toEqual({ jobId, attempt: 1 });
    const claim = await messaging.claim(jobId, { attempt: 1, workerSession: 'session', claimId: 'claim' });
    if (claim?.granted !== true) throw new Error(`the claim was not granted: ${JSON.stringify(claim)}`);
    await live.until(({ job }) => job?.status === 'building');
    expect(await readiness()).toMatchObject({ status: 'ready', workers: { online: 1, slots: 1 } });

    const source = await server.ask(`/artifacts/jobs/${jobId}/source`, {
      as: null,
      headers: { Authorization: `Bearer ${claim.artifactToken}` },
    });
    expect(source.status).toBe(200);

    const line = { at: '2026-01-01T12:00:00.000Z', step: null, stream: 'system' as const, text: 'Hello.' };
    await messaging.sendLogs({ jobId, attempt: 1, firstLine: 1, lines: [line], end: null });
    const logged = await live.until(({ lines }) => lines !== undefined && lines.length > 0);
    expect(logged).toMatchObject({ topic: `logs:${jobId}`, lines: [{ n: 1, text: 'Hello.' }] });
    expect(await server.get(`/jobs/${jobId}`)).toMatchObject({ logs: ['Hello.'], attempt: 1 });
  });
});
