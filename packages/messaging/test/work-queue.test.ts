import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PulledWork } from '../src/index.ts';
import { managerOf } from '../src/streams.ts';
import { becomes, collector, jobId, type Messaging, openMessaging, pool } from './messaging-fixture.ts';

let messaging: Messaging;
beforeEach(async () => {
  messaging = await openMessaging();
});
afterEach(() => messaging.end());

type Orchestrator = Awaited<ReturnType<Messaging['openOrchestrator']>>;
type Worker = Awaited<ReturnType<Messaging['openWorker']>>;

const work = (id: string, attempt = 1) => ({ jobId: jobId(id), attempt });

/** One slot of a worker: pulls on demand, and is ended with the test. */
function slot(worker: Worker) {
  const ending = new AbortController();
  const pulls = worker.messaging.pullWork(ending.signal)[Symbol.asyncIterator]();
  messaging.onEnd(async () => {
    ending.abort();
    await pulls.return?.();
  });
  return {
    next: async (): Promise<PulledWork> => {
      const { value } = await pulls.next();
      if (value === undefined) throw new Error('the slot ended');
      return value;
    },
    end: () => ending.abort(),
  };
}

async function manager({ connection }: Orchestrator) {
  const client = await connection.whenConnected();
  if (client === null) throw new Error('the connection ended');
  return managerOf(client);
}

/** Resolves when the queue holds so many items: acknowledgements are not answered, so the queue is asked. */
async function queueHolds(orchestrator: Orchestrator, count: number): Promise<void> {
  await expect.poll(async () => (await orchestrator.messaging.listWork(pool)).length, { timeout: 10_000 }).toBe(count);
}

describe('the work queue', () => {
  it('gives each item to exactly one of several slots, in the order of publishing', async () => {
    const orchestrator = await messaging.openOrchestrator();
    const workers = [await messaging.openWorker('w1'), await messaging.openWorker('w2')];
    const ids = Array.from({ length: 40 }, (_, index) => `job-${index}`);
    const pulled = collector<string>();
    const slots = workers.flatMap((worker) => [slot(worker), slot(worker)]);
    for (const each of slots) {
      void (async () => {
        for (;;) {
          const { item, ack } = await each.next();
          pulled.add(item.jobId);
          ack();
        }
      })().catch(() => {});
    }
    for (const id of ids) {
      await orchestrator.messaging.publishWork(pool, work(id));
      // Each is pulled before the next is published, so the order seen is the order of the queue.
      await pulled.take(pulled.items.length + (pulled.items.includes(jobId(id)) ? 0 : 1));
    }
    await queueHolds(orchestrator, 0);
    expect(pulled.items).toEqual(ids);
  });

  it('delivers what waits in the order of publishing', async () => {
    const orchestrator = await messaging.openOrchestrator();
    for (const id of ['a', 'b', 'c']) await orchestrator.messaging.publishWork(pool, work(id));
    const only = slot(await messaging.openWorker('w1'));
    const seen: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const { item, ack } = await only.next();
      seen.push(item.jobId);
      ack();
    }
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('leaves further items to others while a slot is busy', async () => {
    const orchestrator = await messaging.openOrchestrator();
    const busy = slot(await messaging.openWorker('w1'));
    const free = slot(await messaging.openWorker('w2'));
    for (const id of ['a', 'b', 'c']) await orchestrator.messaging.publishWork(pool, work(id));
    const first = await busy.next();
    const others = [await free.next(), await free.next()];
    expect([first, ...others].map(({ item }) => item.jobId)).toEqual(['a', 'b', 'c']);
  });

  it('gives an item that is not acknowledged in time to another slot', async () => {
    const orchestrator = await messaging.openOrchestrator({ ackWaitMs: 500 });
    await orchestrator.messaging.publishWork(pool, work('a'));
    const lost = await slot(await messaging.openWorker('w1')).next();
    const again = await slot(await messaging.openWorker('w2')).next();
    expect(again.item).toEqual(lost.item);
    again.ack();
    await queueHolds(orchestrator, 0);
  });

  it('publishes a job once, however often it is asked to', async () => {
    const orchestrator = await messaging.openOrchestrator();
    await Promise.all(Array.from({ length: 5 }, () => orchestrator.messaging.publishWork(pool, work('a'))));
    const { state } = await (await manager(orchestrator)).streams.info('WORK');
    expect(state.messages).toBe(1);
    expect(await orchestrator.messaging.listWork(pool)).toEqual(['a']);
  });

  it('publishes a job again after its item was acknowledged', async () => {
    const orchestrator = await messaging.openOrchestrator();
    const only = slot(await messaging.openWorker('w1'));
    await orchestrator.messaging.publishWork(pool, work('a', 1));
    (await only.next()).ack();
    await queueHolds(orchestrator, 0);
    await orchestrator.messaging.publishWork(pool, work('a', 2));
    expect((await only.next()).item).toEqual(work('a', 2));
  });

  it('replaces the item of an earlier attempt', async () => {
    const orchestrator = await messaging.openOrchestrator();
    await orchestrator.messaging.publishWork(pool, work('a', 1));
    await orchestrator.messaging.publishWork(pool, work('a', 2));
    expect((await slot(await messaging.openWorker('w1')).next()).item).toEqual(work('a', 2));
  });

  it('withdraws one job and still delivers the others', async () => {
    const orchestrator = await messaging.openOrchestrator();
    for (const id of ['a', 'b', 'c', 'd']) await orchestrator.messaging.publishWork(pool, work(id));
    await orchestrator.messaging.withdrawWork(pool, jobId('c'));
    expect(await orchestrator.messaging.listWork(pool)).toEqual(['a', 'b', 'd']);
    const only = slot(await messaging.openWorker('w1'));
    for (const id of ['a', 'b', 'd']) {
      const { item, ack } = await only.next();
      expect(item.jobId).toBe(id);
      ack();
    }
    await queueHolds(orchestrator, 0);
  });

  it('withdraws an item that a slot holds, and does not deliver it again', async () => {
    const orchestrator = await messaging.openOrchestrator({ ackWaitMs: 500 });
    const holding = slot(await messaging.openWorker('w1'));
    await orchestrator.messaging.publishWork(pool, work('a'));
    await holding.next();
    await orchestrator.messaging.withdrawWork(pool, jobId('a'));
    expect(await orchestrator.messaging.listWork(pool)).toEqual([]);
    await orchestrator.messaging.publishWork(pool, work('b'));
    expect((await holding.next()).item.jobId).toBe('b');
  });

  it('makes a pool that nobody named before', async () => {
    const orchestrator = await messaging.openOrchestrator();
    await orchestrator.messaging.publishWork('big', work('a'));
    expect(await orchestrator.messaging.listWork('big')).toEqual(['a']);
    expect(await orchestrator.messaging.listWork(pool)).toEqual([]);
  });

  it('says that it cannot publish while there is no server', async () => {
    const orchestrator = await messaging.openOrchestrator();
    await messaging.server.kill();
    await becomes(orchestrator.messaging, false);
    await expect(orchestrator.messaging.publishWork(pool, work('a'))).rejects.toMatchObject({
      code: 'messaging-unavailable',
    });
  });

  it('ends a waiting slot when it is told to', async () => {
    await messaging.openOrchestrator();
    const worker = await messaging.openWorker('w1');
    const ending = new AbortController();
    const pulls = worker.messaging.pullWork(ending.signal)[Symbol.asyncIterator]();
    const next = pulls.next();
    ending.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });
});

describe('a nats-server that crashes', () => {
  it('keeps what was published, and slots go on pulling', async () => {
    const orchestrator = await messaging.openOrchestrator();
    const only = slot(await messaging.openWorker('w1'));
    const next = only.next();
    await messaging.server.kill();
    await becomes(orchestrator.messaging, false);
    await messaging.server.restart();
    await becomes(orchestrator.messaging, true);
    await orchestrator.messaging.publishWork(pool, work('a'));
    expect((await next).item).toEqual(work('a'));
  });

  it('is given its streams again when it comes back without its files', async () => {
    const orchestrator = await messaging.openOrchestrator();
    const only = slot(await messaging.openWorker('w1'));
    await orchestrator.messaging.publishWork(pool, work('a'));
    (await only.next()).ack();
    const next = only.next();
    await messaging.server.kill();
    await becomes(orchestrator.messaging, false);
    await rm(messaging.server.jetStreamDir, { recursive: true });
    await messaging.server.restart();
    await becomes(orchestrator.messaging, true);
    await orchestrator.messaging.publishWork(pool, work('b'));
    expect((await next).item).toEqual(work('b'));
  });

  it('is given the work stream again when that was deleted while connected', async () => {
    const orchestrator = await messaging.openOrchestrator();
    const next = slot(await messaging.openWorker('w1')).next();
    await (await manager(orchestrator)).streams.delete('WORK');
    await orchestrator.messaging.publishWork(pool, work('a'));
    expect((await next).item).toEqual(work('a'));
  });

  it('does not stop a job with the ghost of its acknowledged item', async () => {
    const orchestrator = await messaging.openOrchestrator();
    const only = slot(await messaging.openWorker('w1'));
    const { server } = messaging;
    const stored = join(server.jetStreamDir, '$G', 'streams', 'WORK', 'msgs');
    const before = join(server.jetStreamDir, '..', 'msgs-before');
    await orchestrator.messaging.publishWork(pool, work('a'));
    await server.stop();
    await cp(stored, before, { recursive: true });
    await server.restart();
    (await only.next()).ack();
    await queueHolds(orchestrator, 0);
    await server.stop();
    await rm(stored, { recursive: true });
    await cp(before, stored, { recursive: true });
    await becomes(orchestrator.messaging, false);
    await server.restart();
    await becomes(orchestrator.messaging, true);

    const { state } = await (await manager(orchestrator)).streams.info('WORK');
    expect(state.messages, 'the ghost is there').toBe(1);
    expect(await orchestrator.messaging.listWork(pool)).toEqual([]);
    await orchestrator.messaging.publishWork(pool, work('a'));
    expect((await only.next()).item).toEqual(work('a'));
  });
});
