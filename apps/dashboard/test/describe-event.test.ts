import type { BuildJobContext, BuildJobEvent } from '@yardmaster/domain';
import { aBuild, aBuildRequest, anArtifactId, aWorkerId } from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';
import { describeEvent } from '../src/features/history/describe-event.ts';

const usage = { durationMs: 1_900, exitCode: 0, cpuMs: 900, peakMemoryBytes: 64_000_000 };
const failure = { code: 'type-errors', message: '2 type errors.', hint: null, annotations: [] };

const descriptions: {
  readonly [Type in BuildJobEvent['type']]: [Extract<BuildJobEvent, { type: Type }>['data'], string];
} = {
  BuildRequested: [aBuildRequest(), 'Build requested: Garden club #1, priority 5, website.zip (1 kB)'],
  BuildQueued: [{}, 'Put into the queue'],
  PriorityChanged: [{ priority: 8 }, 'Priority changed: 5 → 8'],
  BuildDispatched: [{ attempt: 1, pool: 'default' }, 'Offered to workers: attempt 1, pool “default”'],
  DispatchWithdrawn: [{ attempt: 1, reason: 'No worker claimed it.' }, 'Offer withdrawn: No worker claimed it. (warn)'],
  BuildClaimed: [
    { attempt: 2, workerId: aWorkerId(), workerSession: 's', claimId: 'c', leaseMs: 4_000 },
    'Claimed by a worker: attempt 2, worker-1',
  ],
  StepStarted: [
    { attempt: 1, seq: 1, step: 'install', timeoutMs: 615_000, deadlineAt: '2026-01-01T00:00:00.000Z' },
    'Installing dependencies began: at most 10 min 15 s allowed',
  ],
  StepCompleted: [
    { attempt: 1, seq: 2, step: 'install', outcome: 'cached', detail: 'npm', ...usage },
    'Installing dependencies done from the cache: 1.9 s, npm',
  ],
  StepFailed: [
    { attempt: 1, seq: 2, step: 'typecheck', retryable: false, ...failure, ...usage, exitCode: 2 },
    'Type checking failed: 2 type errors. (exit code 2, after 1.9 s) (bad)',
  ],
  StepTimedOut: [
    { attempt: 1, step: 'bundle', timeoutMs: 60_000 },
    'Bundling took too long: stopped after 1 min (bad)',
  ],
  WorkerLost: [
    { attempt: 1, workerId: aWorkerId(), reason: 'It fell silent.', alone: false },
    'Worker lost: worker-1: It fell silent. (bad)',
  ],
  AttemptAbandoned: [
    { attempt: 1, workerId: aWorkerId(), proven: true },
    'Given up by the worker: worker-1 could not go on with the attempt (bad)',
  ],
  BuildReturned: [
    { attempt: 1, workerId: aWorkerId(), proven: true },
    'Handed back by the worker: worker-1 goes away; this costs no attempt (warn)',
  ],
  OutputPublished: [
    { attempt: 1, seq: 3, artifactId: anArtifactId(), files: 1, sizeBytes: 1_200_000, spa: true },
    'Output published: 1 file, 1.2 MB',
  ],
  RetryScheduled: [
    { attempt: 1, delayMs: 4_000, dueAt: '2026-01-01T00:00:00.000Z' },
    'Retry scheduled: in 4.0 s (warn)',
  ],
  RetryDue: [{ attempt: 1 }, 'Back in the queue for a retry: after attempt 1'],
  CancelRequested: [{ reason: 'Wrong branch.' }, 'Cancellation requested: Wrong branch. (warn)'],
  BuildCancelled: [
    { killedProcesses: 3, proven: true, killed: null },
    'Build cancelled: 3 processes were ended (warn)',
  ],
  BuildCompleted: [{ attempt: 2, seq: 9 }, 'Build completed: attempt 2 (ok)'],
  BuildFailed: [{ ...failure, step: 'typecheck', deadLetter: false, losses: [] }, 'Build failed: 2 type errors. (bad)'],
};

function inWords(event: BuildJobEvent, before: BuildJobContext | null = aBuild().queued().state.context): string {
  const { title, detail, tone } = describeEvent(event, before);
  return `${title}${detail === null ? '' : `: ${detail}`}${tone === 'plain' ? '' : ` (${tone})`}`;
}

describe('an event in words', () => {
  test.each(Object.entries(descriptions))('%s', (type, [data, expected]) =>
    expect(inWords({ type, data } as BuildJobEvent)).toBe(expected),
  );

  test('tells a priority without knowing the one before', () =>
    expect(inWords({ type: 'PriorityChanged', data: { priority: 8 } }, null)).toBe('Priority changed: to 8'));

  test.each([
    [{ killedProcesses: 0, proven: true, killed: null }, 'Build cancelled (warn)'],
    [{ killedProcesses: 1, proven: true, killed: null }, 'Build cancelled: 1 process was ended (warn)'],
    [
      { killedProcesses: 0, proven: false, killed: null },
      'Build cancelled: it is not proven that nothing runs on (warn)',
    ],
    [
      {
        killedProcesses: 2,
        proven: false,
        killed: { processes: [{ pid: 7, command: 'node' }], ports: [5_173], workspaceRemoved: false },
      },
      'Build cancelled: 2 processes were ended, 1 port was freed, the workspace was not removed, it is not proven that nothing runs on (warn)',
    ],
  ])('says what a cancellation proved: %j', (data, expected) =>
    expect(inWords({ type: 'BuildCancelled', data })).toBe(expected),
  );

  test('says when a build was alone with the worker it lost, and when it was set aside', () => {
    const lost = { attempt: 2, workerId: aWorkerId(), reason: 'It fell silent.', alone: true };
    expect(inWords({ type: 'WorkerLost', data: lost })).toContain('worker-1, with this build only: It fell silent.');
    const data = { ...failure, step: null, deadLetter: true, losses: [{ ...lost, step: null }] };
    expect(inWords({ type: 'BuildFailed', data })).toMatch(/^Build failed, and set aside: /);
  });

  test('says that a build is a retry of another', () => {
    const data = aBuildRequest({ retryOf: aBuildRequest().websiteId as never });
    expect(inWords({ type: 'BuildRequested', data })).toContain('Garden club #1, a retry,');
  });
});
