import type { Report } from '@yardmaster/domain';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createOutbox, type UnnumberedReport } from '../src/outbox.ts';

const started = (step: 'extract' | 'install'): UnnumberedReport => ({ kind: 'step-started', step, timeoutMs: 1_000 });
const finished: UnnumberedReport = { kind: 'finished' };

/** A wire that stores, loses or holds back what is sent. */
function wire() {
  const sent: number[] = [];
  let answer: (report: Report) => Promise<boolean> = async () => true;
  return {
    sent,
    send: (report: Report) => {
      sent.push(report.seq);
      return answer(report);
    },
    answerWith(next: (report: Report) => Promise<boolean>) {
      answer = next;
    },
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('an outbox', () => {
  it('numbers reports from 1 and sends them one at a time, in order', async () => {
    const line = wire();
    const outbox = createOutbox({ attempt: 1, send: line.send });
    const first = Promise.withResolvers<boolean>();
    line.answerWith(() => first.promise);
    for (const report of [started('extract'), started('install'), finished]) outbox.add(report);
    await pass(0);
    expect(line.sent).toEqual([1]);
    line.answerWith(async () => true);
    first.resolve(true);
    await pass(0);
    expect([line.sent, outbox.lastSeq()]).toEqual([[1, 2, 3], 3]);
    outbox.stop();
  });

  it('tries what could not be sent again, also after an error, and nothing before it has gone', async () => {
    const line = wire();
    const outbox = createOutbox({ attempt: 1, send: line.send });
    line.answerWith(async () => false);
    outbox.add(started('extract'));
    outbox.add(finished);
    await pass(600);
    line.answerWith(() => Promise.reject(new Error('no connection')));
    await pass(600);
    expect(new Set(line.sent)).toEqual(new Set([1]));
    expect(line.sent.length).toBeLessThan(5);
    line.answerWith(async () => true);
    await pass(600);
    expect(line.sent.slice(-2)).toEqual([1, 2]);
    outbox.stop();
  });

  it('sends again what is not settled in time, and falls silent once it is', async () => {
    const line = wire();
    const outbox = createOutbox({ attempt: 1, send: line.send });
    outbox.add(started('extract'));
    outbox.add(finished);
    await pass(0);
    outbox.settle(1);
    await pass(2_100);
    expect(line.sent).toEqual([1, 2, 2]);
    outbox.settle(2);
    await pass(60_000);
    expect(line.sent).toEqual([1, 2, 2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('goes back to a missing report although a later one is on its way', async () => {
    const line = wire();
    const outbox = createOutbox({ attempt: 1, send: line.send });
    const third = Promise.withResolvers<boolean>();
    line.answerWith(({ seq }) => (seq === 3 ? third.promise : Promise.resolve(true)));
    for (const report of [started('extract'), started('install'), finished]) outbox.add(report);
    await pass(0);
    outbox.resend(2);
    line.answerWith(async () => true);
    third.resolve(true);
    await pass(0);
    expect(line.sent).toEqual([1, 2, 3, 2, 3]);
    outbox.stop();
  });

  it('never sends again what is settled, and believes no settlement of what was not made', async () => {
    const line = wire();
    const outbox = createOutbox({ attempt: 1, send: line.send });
    outbox.add(started('extract'));
    outbox.settle(99);
    outbox.settle(0);
    outbox.resend(1);
    await pass(0);
    outbox.add(finished);
    await pass(0);
    expect(line.sent).toEqual([1, 2]);
    outbox.stop();
  });

  it('lets those go who wait, when everything is settled or when it is stopped', async () => {
    const line = wire();
    const outbox = createOutbox({ attempt: 1, send: line.send });
    await outbox.whenSettled();
    outbox.add(started('extract'));
    const settled = outbox.whenSettled();
    outbox.settle(1);
    await settled;
    outbox.add(finished);
    const stopped = outbox.whenSettled();
    outbox.stop();
    await stopped;
    await outbox.whenSettled();
    await pass(60_000);
    expect(line.sent).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
