import type { ClaimReply, ClaimRequest, ControlMessage, Heartbeat } from '@yardmaster/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { becomes, collector, jobId, type Messaging, openMessaging, workerId } from './messaging-fixture.ts';

let messaging: Messaging;
beforeEach(async () => {
  messaging = await openMessaging();
});
afterEach(() => messaging.end());

const request: ClaimRequest = { attempt: 1, workerSession: 's1', claimId: 'c1' };
const refusal: ClaimReply = { granted: false, code: 'not-dispatched', message: 'Somebody else has it.' };
const beat = (worker: string, seq: number): Heartbeat => ({
  workerId: workerId(worker),
  workerSession: 's1',
  seq,
  pool: 'default',
  slots: 2,
  freeSlots: 1,
  draining: false,
  attempts: [{ jobId: jobId('a'), attempt: 1, lastReportSeq: 3 }],
});

/** Asks until there is an answer, as a slot does: a subscription may be on its way to the server yet. */
async function untilAnswered(ask: () => Promise<ClaimReply | null>): Promise<ClaimReply> {
  for (;;) {
    const reply = await ask();
    if (reply !== null) return reply;
  }
}

describe('claims', () => {
  it('are answered to the worker that asked, who is known by the subject', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const seen = collector<unknown>();
    const serving = orchestrator.serveClaims(async (claim) => {
      seen.add(claim);
      return { ...refusal, message: claim.workerId };
    });
    const { messaging: worker } = await messaging.openWorker('w2');
    expect(await untilAnswered(() => worker.claim(jobId('a'), request))).toEqual({ ...refusal, message: 'w2' });
    expect(seen.items.at(-1)).toEqual({ ...request, workerId: 'w2', jobId: 'a' });
    await serving.stop();
  });

  it('get no answer when nobody serves them', async () => {
    const { messaging: worker } = await messaging.openWorker('w1');
    expect(await worker.claim(jobId('a'), request)).toBeNull();
  });

  it('get no answer when deciding fails or comes to none, and the next one is decided all the same', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const failed = collector<string>();
    orchestrator.serveClaims(async ({ claimId }) => {
      if (claimId === 'early') return null;
      if (claimId !== 'bad') return refusal;
      failed.add(claimId);
      throw new Error('Something broke.');
    });
    const { messaging: worker } = await messaging.openWorker('w1');
    await untilAnswered(() => worker.claim(jobId('a'), request));
    const unanswered = ['early', 'bad'].map((claimId) => worker.claim(jobId('a'), { ...request, claimId }));
    await failed.take(1);
    expect(await worker.claim(jobId('b'), request)).toEqual(refusal);
    expect(await Promise.all(unanswered)).toEqual([null, null]);
  });

  it('are served again after the server crashed', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    orchestrator.serveClaims(async () => refusal);
    const { messaging: worker, connection } = await messaging.openWorker('w1');
    await untilAnswered(() => worker.claim(jobId('a'), request));
    await messaging.server.kill();
    await becomes(connection, false);
    expect(await worker.claim(jobId('a'), request)).toBeNull();
    await messaging.server.restart();
    await becomes(orchestrator, true);
    await becomes(connection, true);
    expect(await untilAnswered(() => worker.claim(jobId('a'), request))).toEqual(refusal);
  });

  it('are all decided before serving them has stopped', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const begun = collector<string>();
    const { promise: decision, resolve: decide } = Promise.withResolvers<ClaimReply>();
    const serving = orchestrator.serveClaims(async ({ claimId }) => {
      begun.add(claimId);
      return claimId === 'c1' ? refusal : decision;
    });
    const { messaging: worker } = await messaging.openWorker('w1');
    await untilAnswered(() => worker.claim(jobId('a'), request));
    const answer = worker.claim(jobId('a'), { ...request, claimId: 'c2' });
    await begun.take(begun.items.includes('c2') ? begun.items.length : begun.items.length + 1);
    let hasStopped = false;
    const stopped = serving.stop().then(() => {
      hasStopped = true;
    });
    expect(hasStopped).toBe(false);
    decide({ ...refusal, code: 'late' });
    await stopped;
    expect(await answer).toEqual({ ...refusal, code: 'late' });
  });
});

describe('heartbeats and control', () => {
  it('carries heartbeats to the orchestrator', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const heard = collector<Heartbeat>();
    orchestrator.onHeartbeat(heard.add);
    const { messaging: worker } = await messaging.openWorker('w1');
    const beating = setInterval(() => worker.heartbeat(beat('w1', 7)), 20);
    expect(await heard.take(2)).toEqual([beat('w1', 7), beat('w1', 7)]);
    clearInterval(beating);
  });

  it('drops a heartbeat that names another worker', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const heard = collector<Heartbeat>();
    orchestrator.onHeartbeat(heard.add);
    const { messaging: worker } = await messaging.openWorker('w1');
    const beating = setInterval(() => {
      worker.heartbeat(beat('w2', 1));
      worker.heartbeat(beat('w1', 2));
    }, 20);
    const beats = await heard.take(3);
    clearInterval(beating);
    expect(beats.map((each) => each.workerId)).toEqual(['w1', 'w1', 'w1']);
  });

  it('reaches the named worker only', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const heard = { w1: collector<ControlMessage>(), w2: collector<ControlMessage>() };
    for (const name of ['w1', 'w2'] as const) {
      const { messaging: worker } = await messaging.openWorker(name);
      worker.onControl(heard[name].add);
    }
    const stop: ControlMessage = { type: 'stop-build', jobId: jobId('a'), attempt: 1, reason: 'cancelled' };
    const sending = setInterval(() => {
      orchestrator.sendControl(workerId('w1'), stop);
      orchestrator.sendControl(workerId('w2'), { type: 'drain' });
    }, 20);
    expect(await heard.w1.take(2)).toEqual([stop, stop]);
    expect(await heard.w2.take(2)).toEqual([{ type: 'drain' }, { type: 'drain' }]);
    clearInterval(sending);
  });
});
