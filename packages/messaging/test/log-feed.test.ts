import { type ReceivedLogBatch, type StreamMark, silentLog } from '@yardmaster/application';
import type { LogBatch } from '@yardmaster/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogFeed } from '../src/index.ts';
import { becomes, collector, jobId, type Messaging, openMessaging } from './messaging-fixture.ts';

let messaging: Messaging;
beforeEach(async () => {
  messaging = await openMessaging();
});
afterEach(() => messaging.end());

const batch = (firstLine: number, texts: readonly string[]): LogBatch => ({
  jobId: jobId('a'),
  attempt: 1,
  firstLine,
  lines: texts.map((text) => ({ at: '2026-01-01T00:00:00.000Z', step: 'install', stream: 'stdout', text })),
  end: null,
});

function feed(mark: StreamMark | null = null) {
  const batches = collector<{ readonly received: ReceivedLogBatch; readonly mark: StreamMark }>();
  const connection = messaging.connectServer();
  const running = createLogFeed({ connection, log: silentLog }).consumeLogs({
    mark,
    handler: async (received, at) => batches.add({ received, mark: at }),
  });
  messaging.onEnd(running.stop);
  return { batches, running, connection, firstLines: () => batches.items.map((each) => each.received.batch.firstLine) };
}

/** The feed makes the stream when it comes first; until then nothing is stored. */
async function send(worker: Awaited<ReturnType<Messaging['openWorker']>>['messaging'], sent: LogBatch) {
  await expect.poll(() => worker.sendLogs(sent), { timeout: 10_000 }).toBe(true);
}

describe('the log feed', () => {
  it('delivers batches in order and resumes behind a mark', async () => {
    const first = feed();
    const { messaging: worker } = await messaging.openWorker('w1');
    for (const line of [1, 2, 3]) await send(worker, batch(line, ['text']));
    const delivered = await first.batches.take(3);
    expect(first.firstLines()).toEqual([1, 2, 3]);
    expect(delivered[0]?.received).toEqual({ workerId: 'w1', batch: batch(1, ['text']), sequence: 1 });
    await first.running.stop();
    await send(worker, batch(4, ['text']));
    const second = feed(delivered[1]?.mark ?? null);
    await second.batches.take(2);
    expect(second.firstLines()).toEqual([3, 4]);
  });

  it('goes on after a crash of the server', async () => {
    const reading = feed();
    const { messaging: worker, connection } = await messaging.openWorker('w1');
    await send(worker, batch(1, ['text']));
    await reading.batches.take(1);
    await messaging.server.kill();
    await becomes(connection, false);
    expect(await worker.sendLogs(batch(2, ['text']))).toBe(false);
    await messaging.server.restart();
    await becomes(connection, true);
    await send(worker, batch(2, ['text']));
    await reading.batches.take(2);
    expect(reading.firstLines()).toEqual([1, 2]);
  });

  it('delivers one batch at a time, and again when its handler failed', async () => {
    const seen = collector<number>();
    const running = createLogFeed({ connection: messaging.connectServer(), log: silentLog }).consumeLogs({
      mark: null,
      handler: async ({ batch: { firstLine } }) => {
        seen.add(firstLine);
        if (seen.items.length === 1) throw new Error('the disk is away');
      },
    });
    messaging.onEnd(running.stop);
    const { messaging: worker } = await messaging.openWorker('w1');
    await send(worker, batch(1, ['text']));
    await send(worker, batch(2, ['text']));
    expect(await seen.take(3)).toEqual([1, 1, 2]);
  });

  it('takes a batch that is too large for a message in parts, without losing a line', async () => {
    const reading = feed();
    const { messaging: worker } = await messaging.openWorker('w1');
    const texts = Array.from({ length: 100 }, (_, index) => `${index}${'\u001b'.repeat(16_000)}`);
    await send(worker, { ...batch(1, texts), end: { lines: 100 } });
    await expect
      .poll(() => reading.batches.items.flatMap(({ received }) => received.batch.lines).length, { timeout: 10_000 })
      .toBe(100);
    const parts = reading.batches.items.map(({ received }) => received.batch);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.flatMap(({ lines }) => lines.map(({ text }) => text))).toEqual(texts);
    let next = 1;
    for (const part of parts) {
      expect(part.firstLine).toBe(next);
      next += part.lines.length;
    }
    expect(parts.map(({ end }) => end)).toEqual([...parts.slice(1).map(() => null), { lines: 100 }]);
  });

  it('drops lines that name another build than their subject', async () => {
    const reading = feed();
    const { messaging: worker } = await messaging.openWorker('w1');
    const rogue = await messaging.connectRogue('w1');
    await send(worker, batch(1, ['text']));
    await rogue.request('logs.w1.b.1', JSON.stringify(batch(2, ['not of job b'])));
    await rogue.request('logs.w1.a.2', JSON.stringify(batch(3, ['not of attempt 2'])));
    await send(worker, batch(4, ['text']));
    await reading.batches.take(2);
    expect(reading.firstLines()).toEqual([1, 4]);
  });
});
