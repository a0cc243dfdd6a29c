import { JobId } from '@yardmaster/domain';
import { type LogBatch, type LogLine, maxLinesPerLogBatch } from '@yardmaster/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogShipper, maxBatchCharacters, maxBufferedCharacters, maxBufferedLines } from '../src/log-shipper.ts';

const line = (text: string): LogLine => ({ at: '2026-01-01T00:00:00.000Z', step: 'install', stream: 'stdout', text });

function shipping() {
  const batches: LogBatch[] = [];
  let answer = async () => true;
  const shipper = createLogShipper({
    jobId: JobId.parse('job-1'),
    attempt: 1,
    async send(batch) {
      const stored = await answer();
      if (stored) batches.push(batch);
      return stored;
    },
  });
  return {
    ...shipper,
    batches,
    answerWith(next: () => Promise<boolean>) {
      answer = next;
    },
    /** The number of every line that arrived. */
    numbers: () => batches.flatMap(({ firstLine, lines }) => lines.map((_, index) => firstLine + index)),
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('a log shipper', () => {
  it('collects lines for a moment, numbers them from 1 and ends with their count', async () => {
    const log = shipping();
    for (const text of ['a', 'b', 'c']) log.add(line(text));
    expect(log.batches).toEqual([]);
    await pass(150);
    expect(log.batches).toMatchObject([
      { firstLine: 1, lines: [{ text: 'a' }, { text: 'b' }, { text: 'c' }], end: null },
    ]);
    log.add(line('d'));
    await log.end();
    expect(log.numbers()).toEqual([1, 2, 3, 4]);
    expect(log.batches.at(-1)).toMatchObject({ firstLine: 5, lines: [], end: { lines: 4 } });
  });

  it('keeps every batch within its bounds of lines and characters', async () => {
    const log = shipping();
    for (let n = 0; n < 1_201; n += 1) log.add(line('short'));
    for (let n = 0; n < 40; n += 1) log.add(line('x'.repeat(16_000)));
    await log.end();
    expect(log.numbers()).toEqual(Array.from({ length: 1_241 }, (_, index) => index + 1));
    for (const { lines } of log.batches) {
      expect(lines.length).toBeLessThanOrEqual(maxLinesPerLogBatch);
      expect(lines.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(maxBatchCharacters);
    }
  });

  it('neither loses, doubles nor reorders lines while sending fails now and then', async () => {
    const log = shipping();
    let tries = 0;
    log.answerWith(async () => {
      tries += 1;
      if (tries % 5 === 0) throw new Error('no connection');
      return tries % 3 !== 0;
    });
    for (let n = 1; n <= 3_000; n += 1) {
      log.add(line(String(n)));
      if (n % 100 === 0) await pass(37);
    }
    const ended = log.end();
    await pass(20_000);
    await ended;
    expect(log.batches.flatMap(({ lines }) => lines.map(({ text }) => text))).toEqual(
      Array.from({ length: 3_000 }, (_, index) => String(index + 1)),
    );
    expect(log.batches.at(-1)?.end).toEqual({ lines: 3_000 });
  });

  it('takes lines up in the turn in which it has just sent the last one', async () => {
    const log = shipping();
    log.answerWith(() =>
      Promise.resolve(true).finally(() => queueMicrotask(() => log.batches.length < 3 && log.add(line('more')))),
    );
    log.add(line('first'));
    await pass(1_000);
    const ended = log.end();
    await pass(1_000);
    await ended;
    expect(log.numbers()).toEqual(log.numbers().map((_, index) => index + 1));
    expect(log.batches.at(-1)?.end?.lines).toBe(log.numbers().length);
  });

  it.each([
    { what: 'lines', text: 'x', kept: maxBufferedLines },
    { what: 'characters', text: 'x'.repeat(16_000), kept: Math.floor(maxBufferedCharacters / 16_000) },
  ])('keeps bounded $what while nothing can be sent, and counts what it drops', async ({ text, kept }) => {
    const log = shipping();
    log.answerWith(async () => false);
    for (let n = 0; n < kept + 10; n += 1) log.add(line(text));
    await pass(1_000);
    log.answerWith(async () => true);
    await pass(1_000);
    log.add(line('after the outage'));
    await log.end();
    expect(log.numbers()).toEqual([...Array.from({ length: kept }, (_, index) => index + 1), kept + 11]);
    expect(log.batches.at(-1)?.end).toEqual({ lines: kept + 11 });
  });

  it('waits for its end for a bounded time, goes on trying, and leaves nothing behind when it is stopped', async () => {
    const log = shipping();
    log.answerWith(async () => false);
    log.add(line('last words'));
    const ended = log.end();
    await pass(5_000);
    await ended;
    log.add(line('too late'));
    log.answerWith(async () => true);
    await pass(1_000);
    expect(log.batches.map(({ lines, end }) => [lines.length, end])).toEqual([
      [1, null],
      [0, { lines: 1 }],
    ]);
    log.stop();
    await pass(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends at once when it is stopped', async () => {
    const log = shipping();
    log.answerWith(async () => false);
    log.add(line('never sent'));
    const ended = log.end();
    log.stop();
    await ended;
    await pass(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
