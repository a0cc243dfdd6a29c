import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type EventStore,
  findBrokenLink,
  type LeaderLease,
  type RecordedEvent,
  silentLog,
} from '@yardmaster/application';
import { isTerminal, type JobId } from '@yardmaster/domain';
import { openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import { connectNats } from '@yardmaster/messaging';
import { describe, expect, it, type TestContext } from 'vitest';
import { stepStarted } from '../../src/build-history.ts';
import { type OrchestratorWorld, openOrchestratorWorld } from './orchestrator-world.ts';
import type { ScriptedWorker } from './scripted-worker.ts';

async function aWorld(
  { onTestFinished }: TestContext,
  options: Parameters<typeof openOrchestratorWorld>[0] = {},
): Promise<OrchestratorWorld> {
  const world = await openOrchestratorWorld(options);
  onTestFinished(() => world.stop());
  return world;
}

const typesOf = (events: readonly RecordedEvent[]) => events.map(({ type }) => type);

/** Once per attempt, and one end. */
function expectSound(events: readonly RecordedEvent[]): void {
  const attempts = events
    .filter(({ type }) => type === 'BuildClaimed')
    .map(({ data }) => (data as { readonly attempt: number }).attempt);
  expect(attempts).toEqual([...new Set(attempts)]);
  expect(events.filter(isTerminal)).toHaveLength(1);
  expect(findBrokenLink(events)).toBeNull();
}

describe.concurrent('of two servers', () => {
  it('the other one leads when the first is stopped, goes on with what runs and gives out what waits', async (context) => {
    const world = await aWorld(context);
    await world.firstServer.leads();
    const second = await world.startServer('server-2');
    const [held, waiting] = [await world.request(), await world.request()];
    const worker = world.worker('worker-1', { slots: 1 });
    const build = await worker.nextBuild();
    await build.report(stepStarted('extract', { attempt: 1, seq: 1 }));
    await world.until(held, 'StepStarted');

    await world.firstServer.stop();
    await second.leads();
    await build.finish();
    await (await worker.nextBuild()).finish();
    for (const jobId of [held, waiting]) {
      const events = await world.until(jobId, 'BuildCompleted');
      expectSound(events);
      expect(typesOf(events).filter((type) => type === 'BuildClaimed')).toHaveLength(1);
    }
  });

  it('the other one leads when the first is cut off, and gives the builds of lost workers out again', async (context) => {
    const world = await aWorld(context);
    await world.firstServer.leads();
    const second = await world.startServer('server-2');
    const jobId = await world.request();
    const lost = world.worker('worker-1', { slots: 1 });
    await lost.nextBuild();
    await Promise.all([world.firstServer.cutOff(), lost.vanish()]);
    await second.leads();
    const build = await world.worker('worker-2', { slots: 1 }).nextBuild();
    expect(build).toMatchObject({ jobId, attempt: 2 });
    await build.finish();
    expectSound(await world.until(jobId, 'BuildCompleted'));
  });

  it('one leads again after the message server has forgotten everything, and no build is lost', async (context) => {
    const world = await aWorld(context);
    await world.firstServer.leads();
    const second = await world.startServer('server-2');
    const [held, waiting] = [await world.request(), await world.request()];
    const worker = world.worker('worker-1', { slots: 1 });
    const build = await worker.nextBuild();
    await world.nats.kill();
    await rm(world.nats.jetStreamDir, { recursive: true });
    await world.nats.restart();
    await build.finish();
    await (await worker.nextBuild()).finish();
    for (const jobId of [held, waiting]) expectSound(await world.until(jobId, 'BuildCompleted'));
    expect([world.firstServer.lease.leading, second.lease.leading].filter(Boolean)).toHaveLength(1);
  });

  it('the other one reads on where the first has come to, and reacts to nothing twice', async (context) => {
    const read: string[][] = [];
    const world = await aWorld(context, {
      async openStore(folder) {
        const store = await openSqliteEventStore({ file: join(folder, 'events.sqlite') });
        const streams: string[] = [];
        read.push(streams);
        const readStream: EventStore['readStream'] = (stream, options) => {
          streams.push(stream);
          return store.readStream(stream, options);
        };
        return { ...store, readStream };
      },
    });
    await world.firstServer.leads();
    const worker = world.worker('worker-1', { slots: 1 });
    const before = await world.request();
    await (await worker.nextBuild()).finish();
    await world.until(before, 'BuildCompleted');
    const isAtTheEnd = async () => world.firstServer.readModels.mark('policies') === (await world.store.lastPosition());
    await context.expect.poll(isAtTheEnd, { timeout: 20_000 }).toBe(true);
    await world.firstServer.stop();

    const settled = await hearSettled(context, world);
    const second = await world.startServer('server-2');
    await second.leads();
    const after = await world.request();
    await (await worker.nextBuild()).finish();
    await world.until(after, 'BuildCompleted');
    await settled.includes(after);
    expect(settled.jobIds()).not.toContain(before);
    await context.expect.poll(() => read[1], { timeout: 20_000 }).toContain(`preview-${after}`);
    expect(read[1]).not.toContain(`preview-${before}`);
  });
});

/** The builds of which a worker is told that reports of theirs are settled, from now on. */
async function hearSettled({ onTestFinished }: TestContext, { nats }: OrchestratorWorld) {
  const connection = connectNats({ url: nats.url, seed: null, name: 'test', log: silentLog });
  onTestFinished(() => connection.stop());
  const client = await connection.whenConnected();
  const jobIds = new Set<string>();
  let heard = () => {};
  client?.subscribe('control.*', {
    callback(_error, message) {
      const { type, jobId } = message.json<{ readonly type: string; readonly jobId: string }>();
      if (type === 'reports-settled') jobIds.add(jobId);
      heard();
    },
  });
  await client?.flush();
  return {
    jobIds: () => [...jobIds],
    async includes(jobId: JobId) {
      while (!jobIds.has(jobId)) {
        await new Promise<void>((resolve) => {
          heard = resolve;
        });
      }
    },
  };
}

/** A dozen builds beside each other take a while on a busy machine. */
const splitBrainTimeoutMs = 120_000;

describe.concurrent('two servers that both believe that they lead', { timeout: splitBrainTimeoutMs }, () => {
  const leads: LeaderLease = {
    leading: true,
    leader: 'server',
    onChange(listener) {
      listener();
      return { async stop() {} };
    },
    note() {},
    noted: () => null,
    standAside() {},
    async stop() {},
  };

  it('start no attempt twice, end each build once and stop no build that runs', async (context) => {
    const world = await aWorld(context, { lease: leads });
    await world.startServer('server-2', { lease: leads });
    const jobIds: JobId[] = [];
    const builds = 12;
    for (const id of ['worker-1', 'worker-2', 'worker-3']) {
      const worker = world.worker(id, { slots: 2 });
      void finishAll(worker);
    }
    for (let count = 0; count < builds; count += 1) jobIds.push(await world.request());
    for (const jobId of jobIds) {
      const events = await world.until(jobId, 'BuildCompleted');
      expectSound(events);
      expect(typesOf(events).filter((type) => type === 'BuildClaimed' || type === 'WorkerLost')).toEqual([
        'BuildClaimed',
      ]);
      expect(typesOf(events).filter((type) => type === 'StepStarted')).toHaveLength(5);
    }
  });

  /** For as long as there are builds: the last one is waited for in vain. */
  async function finishAll(worker: ScriptedWorker): Promise<void> {
    for (;;) {
      const build = await worker.nextBuild();
      void build.finish({ stepMs: 20 });
    }
  }
});
