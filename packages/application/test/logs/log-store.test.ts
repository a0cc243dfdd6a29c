import { existsSync, writeFileSync } from 'node:fs';
import { JobId, type Step } from '@yardmaster/domain';
import { LogBatch, maxLogPageLines } from '@yardmaster/protocol';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { openLogStore } from '../../src/logs/log-store.ts';
import { killAfterDots } from '../projections/kill-after-dots.ts';
import { recordingLog, temporaryFile } from '../projections/opened-read-models.ts';

const job = JobId.parse('job-1');
const other = JobId.parse('job-2');

function opened(file = temporaryFile('logs.sqlite')) {
  const logs = openLogStore({ file });
  onTestFinished(() => logs.stop());
  return logs;
}

interface Lines {
  readonly jobId?: JobId;
  readonly attempt?: number;
  readonly step?: Step | null;
  readonly end?: number;
}

/** A batch of these texts, numbered from `firstLine`. */
function batch(firstLine: number, texts: readonly string[], options: Lines = {}): LogBatch {
  const { jobId = job, attempt = 1, step = 'install', end } = options;
  const lines = texts.map((text) => ({ at: '2026-03-01T08:00:00.123Z', step, stream: 'stdout', text }));
  return LogBatch.parse({ jobId, attempt, firstLine, lines, end: end === undefined ? null : { lines: end } });
}

const all = { after: 0, limit: maxLogPageLines };
const texts = (lines: Iterable<{ readonly text: string }>) => [...lines].map(({ text }) => text);

test('numbers the lines of a job as they come, across attempts', () => {
  const logs = opened();
  expect(logs.append(batch(1, ['a', 'b']))).toStrictEqual([
    { n: 1, at: '2026-03-01T08:00:00.123Z', step: 'install', stream: 'stdout', text: 'a', attempt: 1 },
    { n: 2, at: '2026-03-01T08:00:00.123Z', step: 'install', stream: 'stdout', text: 'b', attempt: 1 },
  ]);
  expect(logs.append(batch(1, ['x'], { jobId: other })).map(({ n }) => n)).toEqual([1]);
  expect(logs.append(batch(1, ['c'], { attempt: 2, step: null })).map(({ n }) => n)).toEqual([3]);
  const page = logs.page({ jobId: job, ...all });
  expect(page).toMatchObject({ next: null, total: 3 });
  expect(page.lines.map(({ n, text, attempt, step }) => [n, text, attempt, step])).toEqual([
    [1, 'a', 1, 'install'],
    [2, 'b', 1, 'install'],
    [3, 'c', 2, null],
  ]);
  expect(logs.page({ jobId: JobId.parse('nobody'), ...all })).toEqual({ lines: [], next: null, total: 0 });
});

test('takes a line once, and none of an attempt that is over', () => {
  const logs = opened();
  logs.append(batch(1, ['a', 'b']));
  expect(logs.append(batch(1, ['a', 'b']))).toEqual([]);
  expect(texts(logs.append(batch(2, ['b', 'c'])))).toEqual(['c']);
  expect(texts(logs.append(batch(1, ['second'], { attempt: 2 })))).toEqual(['second']);
  expect(logs.append(batch(4, ['late'], { end: 4 }))).toEqual([]);
  expect(texts(logs.readAll(job))).toEqual(['a', 'b', 'c', 'second']);
  expect(logs.progress(job, 1)).toEqual({ received: 3, missing: 1, end: 4 });
  expect(logs.progress(job, 2)).toEqual({ received: 1, missing: 0, end: null });
});

test('counts the lines that are missing', () => {
  const logs = opened();
  expect(logs.progress(job, 1)).toEqual({ received: 0, missing: 0, end: null });
  logs.append(batch(3, ['c']));
  expect(logs.progress(job, 1)).toEqual({ received: 1, missing: 2, end: null });
  expect(logs.append(batch(1, ['a', 'b']))).toEqual([]); // Too late: what follows was taken.
  logs.append(batch(4, ['d'], { end: 6 }));
  expect(logs.progress(job, 1)).toEqual({ received: 2, missing: 4, end: 6 });
  logs.append(batch(5, ['e', 'f'], { end: 6 }));
  expect(logs.progress(job, 1)).toEqual({ received: 4, missing: 2, end: 6 });
  logs.append(batch(1, [], { jobId: other, end: 0 }));
  expect(logs.progress(other, 1)).toEqual({ received: 0, missing: 0, end: 0 });
});

test('whatever comes twice, late or not at all, lines are in order, once, and add up', () => {
  const batches = fc.array(
    fc.record({
      attempt: fc.integer({ min: 1, max: 3 }),
      firstLine: fc.integer({ min: 1, max: 20 }),
      count: fc.integer({ min: 0, max: 6 }),
    }),
    { minLength: 1, maxLength: 30, size: 'max' },
  );
  fc.assert(
    fc.property(batches, (sent) => {
      const logs = opened(':memory:');
      const accepted = sent.flatMap(({ attempt, firstLine, count }) => {
        const named = Array.from({ length: count }, (_, index) => `${attempt}.${firstLine + index}`);
        return texts(logs.append(batch(firstLine, named, { attempt })));
      });
      const stored = [...logs.readAll(job)];
      expect(texts(stored)).toEqual(accepted);
      expect(stored.map(({ n }) => n)).toEqual(stored.map((_, index) => index + 1));
      const places = stored.map(({ text }) => text.split('.').map(Number) as [number, number]);
      for (const [index, [attempt, line]] of places.entries()) {
        const [attemptBefore, lineBefore] = places[index - 1] ?? [0, 0];
        expect(attempt > attemptBefore || (attempt === attemptBefore && line > lineBefore)).toBe(true);
      }
      for (const attempt of [1, 2, 3]) {
        const lines = places.filter(([of]) => of === attempt).map(([, line]) => line);
        const { received, missing } = logs.progress(job, attempt);
        expect(received).toBe(lines.length);
        expect(received + missing).toBe(Math.max(0, ...lines));
      }
      logs.stop();
    }),
    { numRuns: 100 },
  );
});

test('pages through the lines, and through what a filter leaves', () => {
  const logs = opened();
  const steps = ['install', 'typecheck', 'bundle'] as const;
  for (const [index, step] of steps.entries()) {
    logs.append(
      batch(
        index * 100 + 1,
        Array.from({ length: 100 }, (_, n) => `${step} ${n}`),
        { step },
      ),
    );
  }
  const read = (query: object) => {
    const pages: number[][] = [];
    for (let after: number | null = 0; after !== null; ) {
      const page = logs.page({ jobId: job, after, limit: 40, ...query });
      pages.push(page.lines.map(({ n }) => n));
      after = page.next;
    }
    return pages;
  };
  expect(read({}).map(({ length }) => length)).toEqual([40, 40, 40, 40, 40, 40, 40, 20]);
  expect(read({}).flat()).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
  expect(read({ limit: 100 }).map(({ length }) => length)).toEqual([100, 100, 100]);
  expect(read({ step: 'typecheck' }).flat()).toEqual(Array.from({ length: 100 }, (_, n) => n + 101));
  expect(read({ attempt: 2 })).toEqual([[]]);
  expect(logs.page({ jobId: job, ...all, search: ' 99' })).toMatchObject({ total: 3, next: null });
  expect(logs.page({ jobId: job, after: 0, limit: 1, search: ' 99', attempt: 1 })).toMatchObject({
    total: 3,
    next: 100,
  });
});

test('finds text as it is seen: in any case, across colours, and literally', () => {
  const logs = opened();
  logs.append(
    batch(1, [
      '\u001b[91merror\u001b[0m\u001b[90m TS2322: \u001b[0mType mismatch',
      '100% done_now',
      '1000 doneXnow',
      'Größe ÜBERSCHRITTEN',
      "it's \\ 'quoted'",
    ]),
  );
  const found = (search: string) => logs.page({ jobId: job, ...all, search }).lines.map(({ n }) => n);
  expect(found('Error ts2322: type')).toEqual([1]);
  expect(found('[91m')).toEqual([]);
  expect(found('0% D')).toEqual([2]);
  expect(found('done_now')).toEqual([2]);
  expect(found('überschritten')).toEqual([4]);
  expect(found("\\ '")).toEqual([5]);
  expect(found('')).toEqual([1, 2, 3, 4, 5]);
  expect(logs.page({ jobId: job, ...all, search: 'TS2322' }).lines[0]?.text).toContain('\u001b[91m');
});

test('gives the last lines, and all of them while more arrive', () => {
  const logs = opened();
  const many = Array.from({ length: 500 }, (_, n) => `line ${n + 1}`);
  for (let part = 0; part < 3; part++) logs.append(batch(part * 500 + 1, many));
  expect(logs.tail(job, 2)).toEqual(['line 499', 'line 500']);
  expect(logs.tail(job, 9_999)).toHaveLength(1_500);
  expect(logs.tail(other, 50)).toEqual([]);
  const reading = logs.readAll(job);
  expect(reading.next().value?.n).toBe(1);
  logs.append(batch(1_501, ['the last']));
  const rest = [...reading];
  expect(rest).toHaveLength(1_500);
  expect(rest.at(-1)?.text).toBe('the last');
});

test('writes the lines and the mark together, or neither', () => {
  const file = temporaryFile('logs.sqlite');
  const logs = opened(file);
  expect(logs.mark()).toBeNull();
  const taken = logs.appendMany([batch(1, ['a']), batch(1, ['a']), batch(1, ['b'], { jobId: other })], {
    streamCreated: '2026-03-01',
    sequence: 7,
  });
  expect(taken.map(({ jobId, lines }) => [jobId, ...texts(lines)])).toEqual([
    [job, 'a'],
    [other, 'b'],
  ]);
  const { lines, ...third } = batch(3, ['c']);
  const spoilt = { ...third, lines: [{ ...lines[0], stream: null }] } as unknown as LogBatch;
  expect(() => logs.appendMany([batch(2, ['b']), spoilt], { streamCreated: '2026-03-01', sequence: 8 })).toThrow();
  logs.append(batch(2, ['b']));
  logs.stop();
  logs.stop();
  const again = opened(file);
  expect(again.mark()).toEqual({ streamCreated: '2026-03-01', sequence: 7 });
  expect(texts(again.readAll(job))).toEqual(['a', 'b']);
});

test('killed at any point, it neither loses nor doubles a line when the consumer goes on from its mark', async () => {
  const file = temporaryFile('logs.sqlite');
  const script = new URL('./append-until-killed.ts', import.meta.url);
  for (const dots of [3, 40]) await killAfterDots(script, [file], dots);
  const logs = opened(file);
  const lines = texts(logs.readAll(job));
  expect(lines.length).toBe(logs.mark()?.sequence);
  expect(lines.length).toBeGreaterThanOrEqual(43);
  expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
});

test('a deleted log stays deleted, and others stay', () => {
  const logs = opened();
  logs.append(batch(1, ['a'], { end: 1 }));
  logs.append(batch(1, ['b'], { jobId: other }));
  logs.deleteJob(job);
  expect(logs.append(batch(1, ['a'], { attempt: 2 }))).toEqual([]);
  expect(logs.page({ jobId: job, ...all })).toEqual({ lines: [], next: null, total: 0 });
  expect(logs.progress(job, 1)).toEqual({ received: 0, missing: 0, end: null });
  expect(logs.tail(other, 1)).toEqual(['b']);
});

test('sets a damaged file aside and goes on with an empty one', () => {
  const file = temporaryFile('logs.sqlite');
  writeFileSync(file, 'no database at all, but more than a hundred bytes of it. '.repeat(9));
  const { log, errors } = recordingLog();
  const logs = openLogStore({ file, log });
  expect(texts(logs.append(batch(1, ['a'])))).toEqual(['a']);
  logs.stop();
  expect(existsSync(`${file}.set-aside`)).toBe(true);
  expect(errors.map(({ message }) => message)).toEqual(['The build logs cannot be read: they are set aside.']);
});
