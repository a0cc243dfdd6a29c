import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { ArtifactId, JobId } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { LogBatch } from '@yardmaster/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { createActors } from '../../src/actors.ts';
import { type LogStore, openLogStore } from '../../src/logs/log-store.ts';
import { createLogRestorer } from '../../src/logs/restore-log.ts';
import { sealLog } from '../../src/orchestrator/seal-log.ts';
import { systemClock } from '../../src/ports/clock.ts';
import type { ArtifactStore } from '../../src/ports/messaging.ts';
import { recordingLog, temporaryFile } from '../projections/opened-read-models.ts';

const jobId = JobId.parse('job-1');
const lineCount = 2_500;

function opened(): LogStore {
  const logs = openLogStore({ file: temporaryFile('logs.sqlite') });
  onTestFinished(() => logs.stop());
  return logs;
}

function batch(firstLine: number, count: number, attempt: number): LogBatch {
  const at = '2026-03-01T08:00:00.123Z';
  const lines = Array.from({ length: count }, (_, index) => ({
    ...{ at, step: 'install', stream: 'stdout' },
    text: `line ${firstLine + index} of ${attempt} 🦀`,
  }));
  return LogBatch.parse({ jobId, attempt, firstLine, lines, end: null });
}

/** A server that had all lines and sealed them, and another one that reads the same artifacts. */
async function aSealedLog() {
  const [sealing, other] = [opened(), opened()];
  sealing.append(batch(1, 3, 1));
  for (let first = 1; first < lineCount - 3; first += 499) {
    sealing.append(batch(first, Math.min(499, lineCount - 3 - first + 1), 2));
  }
  const file = temporaryFile('sealed-log');
  const artifacts = {
    async putContent(_: ArtifactId, content: AsyncIterable<Uint8Array>) {
      const bytes = Buffer.concat(await Array.fromAsync(content));
      writeFileSync(file, bytes);
      return { sizeBytes: bytes.length };
    },
    async delete() {},
    path: async () => file,
  } as unknown as ArtifactStore; // nothing else of it is called
  const store = createMemoryEventStore();
  const actors = createActors({ store, clock: systemClock, newId: randomUUID, random: () => 0 });
  const world = { actors, logs: sealing, artifacts, clock: systemClock, sealer: 'leader-1' };
  await sealLog(world, jobId, new AbortController().signal);
  const { log, warnings } = recordingLog();
  const sealed = { artifactId: ArtifactId.parse('log-1'), lines: lineCount };
  const restorer = createLogRestorer({ logs: other, artifacts, readModels: { sealedLog: () => sealed }, log });
  return { sealing, other, restorer, file, warnings };
}

test('a server that has received nothing reads the whole sealed log', async () => {
  const { sealing, other, restorer } = await aSealedLog();
  expect(restorer.isNeeded(jobId)).toBe(true);
  await Promise.all([restorer.restore(jobId), restorer.restore(jobId)]);
  expect([...other.readAll(jobId)]).toEqual([...sealing.readAll(jobId)]);
  expect([...other.readAll(jobId)]).toHaveLength(lineCount);
  expect(restorer.isNeeded(jobId)).toBe(false);
});

test('a part that was received is replaced by the whole, and lines that come late are not taken twice', async () => {
  const { sealing, other, restorer } = await aSealedLog();
  other.append(batch(600, 100, 2));
  await restorer.restore(jobId);
  expect(other.append(batch(700, 100, 2))).toEqual([]);
  expect([...other.readAll(jobId)]).toEqual([...sealing.readAll(jobId)]);
});

test('a server that has every line needs nothing', async () => {
  const { restorer, other } = await aSealedLog();
  await restorer.restore(jobId);
  other.append(batch(1, 1, 3));
  await restorer.restore(jobId);
  expect([...other.readAll(jobId)]).toHaveLength(lineCount);
});

test.each([
  ['is gone', (file: string) => rmSync(file)],
  ['is damaged', (file: string) => writeFileSync(file, 'no gzip')],
])('what was received stays when the sealed log %s, and the reason is logged', async (_, spoil) => {
  const { other, restorer, file, warnings } = await aSealedLog();
  other.append(batch(1, 5, 1));
  spoil(file);
  await restorer.restore(jobId);
  expect([...other.readAll(jobId)]).toHaveLength(5);
  expect(warnings).toEqual(['A sealed log cannot be read; what is left of it here is shown.']);
});
