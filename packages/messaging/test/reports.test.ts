import { rm } from 'node:fs/promises';
import type { ReceivedReport, StreamMark } from '@yardmaster/application';
import type { WorkerReport } from '@yardmaster/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { maxReportsInFlight } from '../src/index.ts';
import { becomes, collector, jobId, type Messaging, openMessaging } from './messaging-fixture.ts';

let messaging: Messaging;
beforeEach(async () => {
  messaging = await openMessaging();
});
afterEach(() => messaging.end());

type Orchestrator = Awaited<ReturnType<Messaging['openOrchestrator']>>['messaging'];
type Worker = Awaited<ReturnType<Messaging['openWorker']>>['messaging'];

const finished = (seq: number, attempt = 1): WorkerReport => ({ kind: 'finished', attempt, seq });

async function send(worker: Worker, from: number, to: number) {
  for (let seq = from; seq <= to; seq += 1) expect(await worker.sendReport(jobId('a'), finished(seq))).toBe(true);
}

function consume(orchestrator: Orchestrator, mark: StreamMark | null = null) {
  const received = collector<ReceivedReport>();
  const marks = collector<StreamMark>();
  const running = orchestrator.consumeReports({
    mark,
    handler: async (report) => received.add(report),
    onMark: marks.add,
  });
  messaging.onEnd(running.stop);
  return { received, marks, running, seqs: () => received.items.map(({ report }) => report.seq) };
}

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('reports', () => {
  it('arrive in order, with who sent them', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const { messaging: worker } = await messaging.openWorker('w1');
    const reading = consume(orchestrator);
    await send(worker, 1, 20);
    await reading.received.take(20);
    expect(reading.seqs()).toEqual(upTo(20));
    expect(reading.received.items[0]).toEqual({ workerId: 'w1', jobId: 'a', report: finished(1), sequence: 1 });
  });

  it('arrive once and in order across a crash of the server', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const { messaging: worker, connection } = await messaging.openWorker('w1');
    const reading = consume(orchestrator);
    await send(worker, 1, 20);
    await reading.received.take(20);
    await messaging.server.kill();
    await becomes(connection, false);
    expect(await worker.sendReport(jobId('a'), finished(21))).toBe(false);
    await messaging.server.restart();
    await becomes(orchestrator, true);
    await becomes(connection, true);
    await send(worker, 21, 40);
    await reading.received.take(40);
    expect(reading.seqs()).toEqual(upTo(40));
  });

  it('arrive from a mark on, also after a crash in between', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const { messaging: worker, connection } = await messaging.openWorker('w1');
    const first = consume(orchestrator);
    await send(worker, 1, 10);
    await first.received.take(10);
    await first.running.stop();
    const mark = first.marks.items.at(-1);
    expect(mark?.sequence).toBe(10);
    await send(worker, 11, 15);
    await messaging.server.kill();
    await becomes(connection, false);
    await messaging.server.restart();
    await becomes(orchestrator, true);
    const second = consume(orchestrator, mark ?? null);
    await second.received.take(5);
    expect(second.seqs()).toEqual(upTo(15, 11));
  });

  it('arrive from the first on when the stream was made anew', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const { messaging: worker, connection } = await messaging.openWorker('w1');
    const reading = consume(orchestrator);
    await send(worker, 1, 5);
    await reading.received.take(5);
    await messaging.server.kill();
    await becomes(connection, false);
    await rm(messaging.server.jetStreamDir, { recursive: true });
    await messaging.server.restart();
    await becomes(orchestrator, true);
    await becomes(connection, true);
    await send(worker, 6, 7);
    await reading.received.take(7);
    expect(reading.seqs()).toEqual(upTo(7));
    await reading.running.stop();
    expect(reading.marks.items.at(-1)?.sequence).toBe(2);
  });

  it('arrive from the first on when the mark lies beyond the end of the stream', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const { messaging: worker } = await messaging.openWorker('w1');
    const first = consume(orchestrator);
    await send(worker, 1, 2);
    await first.received.take(2);
    await first.running.stop();
    const mark = first.marks.items.at(-1);
    const second = consume(orchestrator, mark === undefined ? null : { ...mark, sequence: 99 });
    await second.received.take(2);
    expect(second.seqs()).toEqual([1, 2]);
  });

  it('hold the mark below those that are not settled', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const { messaging: worker } = await messaging.openWorker('w1');
    const begun = collector<number>();
    const marks = collector<StreamMark>();
    const { promise: slow, resolve: settle } = Promise.withResolvers<void>();
    const running = orchestrator.consumeReports({
      mark: null,
      handler: async ({ report }) => {
        begun.add(report.seq);
        if (report.seq === 3) await slow;
      },
      onMark: marks.add,
    });
    await send(worker, 1, 6);
    expect(await begun.take(6)).toEqual(upTo(6));
    expect((await marks.take(1))[0]?.sequence).toBe(2);
    settle();
    await running.stop();
    expect(marks.items.at(-1)?.sequence).toBe(6);
  });

  it('wait in the stream while as many as are allowed are being handled', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const { messaging: worker } = await messaging.openWorker('w1');
    const begun = collector<number>();
    const { promise: slow, resolve: settle } = Promise.withResolvers<void>();
    const running = orchestrator.consumeReports({
      mark: null,
      handler: async ({ report }) => {
        begun.add(report.seq);
        await slow;
      },
      onMark: () => {},
    });
    await send(worker, 1, maxReportsInFlight + 50);
    await begun.take(maxReportsInFlight);
    // Had more been let in, this round trip to the server would have given them the time.
    await send(worker, maxReportsInFlight + 51, maxReportsInFlight + 51);
    expect(begun.items.length).toBe(maxReportsInFlight);
    settle();
    await begun.take(maxReportsInFlight + 51);
    expect(begun.items).toEqual(upTo(maxReportsInFlight + 51));
    await running.stop();
  });

  it('are handed over again while their handler fails', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const { messaging: worker } = await messaging.openWorker('w1');
    const tries = collector<number>();
    const running = orchestrator.consumeReports({
      mark: null,
      handler: async ({ report }) => {
        tries.add(report.seq);
        if (tries.items.length < 3) throw new Error('the event store is away');
      },
      onMark: () => {},
    });
    await send(worker, 1, 1);
    expect(await tries.take(3)).toEqual([1, 1, 1]);
    await running.stop();
  });

  it('lose annotations rather than be too large for a message', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const { messaging: worker } = await messaging.openWorker('w1');
    const reading = consume(orchestrator);
    const escaped = '\u001b'.repeat(2_000);
    const annotation = { file: 'a.ts', line: 1, column: 1, code: null, message: escaped, excerpt: escaped };
    const report: WorkerReport = {
      kind: 'step-failed',
      attempt: 1,
      seq: 1,
      step: 'typecheck',
      code: 'type-errors',
      message: 'There are type errors.',
      hint: null,
      retryable: false,
      annotations: Array.from({ length: 50 }, () => ({ ...annotation, severity: 'error' as const })),
      durationMs: 1,
      exitCode: 2,
      cpuMs: null,
      peakMemoryBytes: null,
    };
    expect(await worker.sendReport(jobId('a'), report)).toBe(true);
    const [received] = await reading.received.take(1);
    expect(received?.report).toEqual({ ...report, annotations: report.annotations.slice(0, 25) });
  });

  it('that make no sense are dropped, and those behind them arrive', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const { messaging: worker } = await messaging.openWorker('w1');
    const rogue = await messaging.connectRogue('w1');
    const reading = consume(orchestrator);
    for (const payload of ['not json', '{"kind":"finished"}', '{"kind":"finished","attempt":-1,"seq":1}', '']) {
      await rogue.request('reports.w1.a', payload);
    }
    await rogue.request('reports.w1.not$an!id', JSON.stringify(finished(1)));
    await send(worker, 1, 1);
    expect(await reading.received.take(1)).toMatchObject([{ report: finished(1), sequence: 6 }]);
    await reading.running.stop();
    expect(reading.marks.items.at(-1)?.sequence).toBe(6);
  });
});
