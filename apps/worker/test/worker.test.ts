import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { request } from 'node:http';
import { silentLog } from '@yardmaster/application';
import { WorkerId } from '@yardmaster/domain';
import { connectNats, createOrchestratorMessaging } from '@yardmaster/messaging';
import type { Heartbeat } from '@yardmaster/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openGate, startProduct } from './product.ts';

/** Builds run npm, on a machine that may be busy. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** What the supervisor waits before it kills, less some for a busy machine. */
const longestStopMs = 7_500;

const staticWebsite = { 'index.html': '<h1>a garden</h1>', 'style.css': 'h1 { color: teal }' };

const pageOf = (serverUrl: string, host: string): Promise<string> =>
  new Promise((resolve, reject) => {
    request(serverUrl, { headers: { host } }, (response) => {
      let page = '';
      response.setEncoding('utf8').on('data', (text: string) => (page += text));
      response.on('end', () => resolve(page));
    })
      .on('error', reject)
      .end();
  });

/** One that has ended and waits to be collected by whoever inherited it does not run any more. */
const isAlive = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !stat.slice(stat.lastIndexOf(')') + 1).startsWith(' Z');
  } catch {
    return false;
  }
};

describe('the worker program', () => {
  it('builds a folder of files to a preview that answers, and leaves nothing behind', async () => {
    const product = await startProduct();
    const worker = await product.worker();
    const jobId = await product.upload(staticWebsite);
    const job = await product.until(jobId, 'completed');
    expect(await pageOf(product.serverUrl, new URL(job.previewUrl ?? '').host)).toContain('a garden');
    const { lines } = await product.logs(jobId);
    expect(lines.map(({ n }) => n)).toEqual(lines.map((_, index) => index + 1));
    await vi.waitFor(async () => expect(await readdir(product.workspaces)).toEqual([]));
    expect(await worker.end()).toMatchObject({ code: 0 });
    expect(existsSync(product.workspaces)).toBe(false);
  });

  it('hands a build back when it is stopped in the middle, in time and with all its processes', async () => {
    const [product, gate] = [await startProduct(), await openGate()];
    const worker = await product.worker();
    const jobId = await product.upload(gate.project);
    const { pid } = await gate.next();
    const { code, tookMs } = await worker.end();
    expect([code, isAlive(pid), existsSync(product.workspaces)]).toEqual([0, false, false]);
    expect(tookMs).toBeLessThan(longestStopMs);
    await vi.waitFor(async () => {
      expect((await product.events(jobId)).map(({ type }) => type)).toContain('BuildReturned');
    });
    await product.worker();
    (await gate.next()).letThrough();
    await product.until(jobId, 'completed');
    const types = (await product.events(jobId)).map(({ type }) => type);
    expect(types).not.toContain('WorkerLost');
    expect((await product.logs(jobId)).lines.at(-1)).toBeDefined();
  });

  it('ends in time although the message server is away, and kills its builds', async () => {
    const [product, gate] = [await startProduct(), await openGate()];
    const worker = await product.worker();
    await product.upload(gate.project);
    const { pid } = await gate.next();
    await product.nats.kill();
    const { code, tookMs } = await worker.end();
    expect([code, isAlive(pid)]).toEqual([0, false]);
    expect(tookMs).toBeLessThan(longestStopMs);
  });

  it('kills a cancelled build and is free for the next', async () => {
    const [product, gate] = [await startProduct(), await openGate()];
    await product.worker();
    const jobId = await product.upload(gate.project);
    const { pid } = await gate.next();
    await product.cancel(jobId);
    await product.until(jobId, 'cancelled');
    expect([isAlive(pid), await readdir(product.workspaces)]).toEqual([false, []]);
    const [cancelled] = (await product.events(jobId)).slice(-1);
    expect(cancelled).toMatchObject({
      type: 'BuildCancelled',
      data: {
        proven: true,
        killed: { processes: expect.arrayContaining([{ pid, command: 'node' }]), ports: [], workspaceRemoved: true },
      },
    });
    await product.until(await product.upload(staticWebsite), 'completed');
  });

  it('finishes what it has when it is drained, takes nothing more, and stays', async () => {
    const [product, gate] = [await startProduct(), await openGate()];
    const worker = await product.worker();
    const connection = connectNats({ url: product.nats.url, seed: null, name: 'test', log: silentLog });
    onTestFinished(() => connection.stop());
    const messaging = createOrchestratorMessaging({ connection, log: silentLog, pools: [] });
    onTestFinished(() => messaging.stop());
    let heartbeat: Heartbeat | null = null;
    const listening = messaging.onHeartbeat((heard) => {
      heartbeat = heard;
    });
    onTestFinished(() => listening.stop());
    await connection.whenConnected();

    const jobId = await product.upload(gate.project);
    const build = await gate.next();
    messaging.sendControl(WorkerId.parse('worker-1'), { type: 'drain' });
    await vi.waitFor(() => expect(heartbeat).toMatchObject({ draining: true, attempts: [{ jobId }] }), 10_000);
    build.letThrough();
    await product.until(jobId, 'completed');
    await vi.waitFor(() => expect(heartbeat).toMatchObject({ draining: true, attempts: [], freeSlots: 0 }), 10_000);
    const next = await product.upload(staticWebsite);
    expect((await product.events(next)).map(({ type }) => type)).toEqual(['BuildRequested', 'BuildQueued']);
    expect(await worker.end()).toMatchObject({ code: 0 });
  });

  it.each([
    ['it is asked again', (child: ChildProcess) => child.kill('SIGTERM')],
    ['its supervisor is gone', (child: ChildProcess) => child.disconnect()],
  ])('lets its builds go on when it is asked to end, and hands them back at once when %s', async (_name, hurry) => {
    const [product, gate] = [await startProduct(), await openGate()];
    const worker = await product.worker({ YARDMASTER_DRAIN_MS: '600000' });
    const jobId = await product.upload(gate.project);
    const { pid } = await gate.next();
    const ended = worker.end();
    await vi.waitFor(() => expect(worker.output()).toContain('may go on'), 30_000);
    expect(isAlive(pid)).toBe(true);
    hurry(worker.child);
    expect([(await ended).code, isAlive(pid), existsSync(product.workspaces)]).toEqual([0, false, false]);
    await vi.waitFor(async () => {
      expect((await product.events(jobId)).map(({ type }) => type)).toContain('BuildReturned');
    }, 30_000);
  });

  it('says of a source that is not there what is wrong, and tries no further attempt', async () => {
    const product = await startProduct();
    const jobId = await product.upload(staticWebsite);
    await product.loseArtifacts();
    await product.worker();
    const { error } = await product.until(jobId, 'failed');
    expect(error).toMatchObject({ code: 'source-unavailable', step: 'extract' });
    expect((await product.events(jobId)).filter(({ type }) => type === 'BuildClaimed')).toHaveLength(1);
  });
});
