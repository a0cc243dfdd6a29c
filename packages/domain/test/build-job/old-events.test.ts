import { type BuildJobEvent, buildJobDecider } from '@yardmaster/domain';
import { aBuild, aWorkerId, replay } from '@yardmaster/testing';
import { expect, test } from 'vitest';

const failure = { code: 'worker-lost', message: 'Lost.', hint: null, step: null, annotations: [] };
const loss = { attempt: 1, workerId: aWorkerId(), reason: 'It fell silent.' };

test.each<[BuildJobEvent['type'], object, object]>([
  ['WorkerLost', loss, { ...loss, alone: false }],
  ['BuildReturned', { attempt: 1, workerId: aWorkerId() }, { attempt: 1, workerId: aWorkerId(), proven: false }],
  ['BuildCancelled', { killedProcesses: 3, proven: true }, { killedProcesses: 3, proven: true, killed: null }],
  ['BuildFailed', failure, { ...failure, deadLetter: false, losses: [] }],
])('%s of the first version is read as one that nobody knows more of', (type, stored, today) => {
  expect(buildJobDecider.parseEvent(type, stored, 1)).toEqual({ type, data: today });
  expect(buildJobDecider.schemaVersion({ type })).toBe(2);
});

test('workers that were lost before anybody asked whether they were alone make no build poison', () => {
  let build = aBuild({ maxAttempts: 4 });
  const old = (data: object) => buildJobDecider.parseEvent('WorkerLost', data, 1);
  for (const attempt of [1, 2, 3]) {
    build = build.claimed();
    const state = replay(buildJobDecider, build.state, [old({ ...loss, attempt })]);
    const retry = {
      type: 'RetryScheduled',
      data: { attempt, delayMs: 250, dueAt: '2026-01-01T12:00:00.250Z' },
    } as const;
    expect(buildJobDecider.evolve(state, retry).ok).toBe(true);
    build = build.workerLost();
  }
});
