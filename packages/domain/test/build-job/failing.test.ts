import { buildJobDecider, defaultMaxAttempts, retryMinDelayMs, steps } from '@yardmaster/domain';
import {
  aBuild,
  aWorkerId,
  type BuildHistory,
  given,
  momentsLater,
  nextReport,
  reportFrom,
  stepFailed,
  stopped,
} from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

const soon = { random: 0 };
const retryAfter = (attempt: number) =>
  ({
    type: 'RetryScheduled',
    data: { attempt, delayMs: retryMinDelayMs, dueAt: momentsLater(retryMinDelayMs) },
  }) as const;

describe('a step that fails', () => {
  const annotation = {
    file: 'src/App.tsx',
    line: 3,
    column: 7,
    code: 'TS2322',
    message: "Type 'number' is not assignable to type 'string'.",
    excerpt: 'const title: string = 1;',
    severity: 'error',
  } as const;

  test.each(steps)('is tried again when %s failed for a reason that may pass', (step) => {
    const { state, events } = aBuild().inStep(step);
    const { kind: _, ...data } = stepFailed(step, nextReport(state));
    given(buildJobDecider, events)
      .when(reportFrom(state, { kind: 'step-failed', ...data }), soon)
      .then([{ type: 'StepFailed', data }, retryAfter(1)]);
  });

  test.each(steps)('ends the build when %s failed for good, with its cause, hint, step and annotations', (step) => {
    const { state, events } = aBuild().inStep(step);
    const failure = { code: 'type-error', message: '1 type error.', hint: null, annotations: [annotation] };
    const { kind: _, ...data } = stepFailed(step, nextReport(state), { ...failure, retryable: false });
    given(buildJobDecider, events)
      .when(reportFrom(state, { kind: 'step-failed', ...data }))
      .then([
        { type: 'StepFailed', data },
        { type: 'BuildFailed', data: { ...failure, step, deadLetter: false, losses: [] } },
      ]);
  });

  test('is tried again up to the attempts of the build, then ends it', () => {
    let build = aBuild({ maxAttempts: 3 });
    for (const attempt of [1, 2]) {
      build = build.inStep('install').stepFailed();
      expect(build.state.value).toBe('backingOff');
      expect(build.state.context.attempt).toBe(attempt);
      build = build.queued();
    }
    build = build.inStep('install').stepFailed();
    expect(build.state.value).toBe('failed');
    expect(build.events.filter(({ type }) => type === 'StepFailed')).toHaveLength(3);
    expect(build.events.at(-1)).toMatchObject({ type: 'BuildFailed', data: { code: 'registry-unreachable' } });
  });

  test('ends a build that has one attempt', () => {
    expect(aBuild({ maxAttempts: 1 }).inStep('extract').stepFailed().state.value).toBe('failed');
  });

  test('tells why while the next attempt waits, and forgets it when that begins', () => {
    const waiting = aBuild().inStep('install').stepFailed();
    expect(waiting.state.context.failure).toMatchObject({ code: 'registry-unreachable', step: 'install' });
    expect(waiting.queued().state.context.failure).not.toBeNull();
    expect(waiting.claimed().state.context.failure).toBeNull();
  });

  test('can still complete on a later attempt', () => {
    const build = aBuild().inStep('bundle').stepFailed().completed();
    expect(build.state.context).toMatchObject({ attempt: 2, failure: null, progress: 100 });
  });
});

describe('the end of a back-off', () => {
  const waiting = aBuild().inStep('install').stepFailed();

  test('puts the build back into the queue', () => {
    given(buildJobDecider, waiting.events)
      .when({ type: 'EndBackoff', attempt: 1 })
      .then([{ type: 'RetryDue', data: { attempt: 1 } }]);
    expect(waiting.queued().state.context.retryDueAt).toBeNull();
  });

  test('comes once', () => {
    given(buildJobDecider, waiting.queued().events)
      .when({ type: 'EndBackoff', attempt: 1 })
      .thenRejected('illegal-transition');
  });

  test('by the late timer of an older attempt is refused', () => {
    const later = waiting.inStep('install').stepFailed();
    given(buildJobDecider, later.events).when({ type: 'EndBackoff', attempt: 1 }).thenRejected('illegal-transition');
    given(buildJobDecider, later.events)
      .when({ type: 'EndBackoff', attempt: 2 })
      .then([{ type: 'RetryDue', data: { attempt: 2 } }]);
  });
});

describe('a step that takes too long', () => {
  test.each(steps)('%s fails the attempt, which may be tried again', (step) => {
    given(buildJobDecider, aBuild().inStep(step).events)
      .when({ type: 'ExpireStep', attempt: 1, step }, soon)
      .then([{ type: 'StepTimedOut', data: { attempt: 1, step, timeoutMs: 60_000 } }, retryAfter(1)]);
  });

  test('ends the build on the last attempt, with the step and its limit in words', () => {
    const build = aBuild({ maxAttempts: 1 }).inStep('install').timedOut();
    expect(build.events.at(-1)).toMatchObject({
      type: 'BuildFailed',
      data: { code: 'step-timed-out', message: 'The step "install" took longer than 60 s.', step: 'install' },
    });
  });

  test.each([
    ['the step has ended', aBuild().stepDone('install')],
    ['the next step runs', aBuild().inStep('typecheck')],
    ['the output was published', aBuild().running()],
    ['the attempt has failed', aBuild().inStep('install').stepFailed()],
    ['a later attempt is in the same step', aBuild().inStep('install').stepFailed().inStep('install')],
    ['the build is being cancelled', aBuild().inStep('install').cancelled()],
  ])('is refused when its timer fires after %s', (_, build) => {
    given(buildJobDecider, build.events)
      .when({ type: 'ExpireStep', attempt: 1, step: 'install' })
      .thenRejected('illegal-transition');
  });

  test('is refused when its timer fires after the build has ended', () => {
    given(buildJobDecider, aBuild().completed().events)
      .when({ type: 'ExpireStep', attempt: 1, step: 'preview' })
      .thenRejected('build-ended');
  });

  test('is refused for a step that has not begun', () => {
    given(buildJobDecider, aBuild().inStep('install').events)
      .when({ type: 'ExpireStep', attempt: 1, step: 'typecheck' })
      .thenRejected('illegal-transition');
  });
});

describe('a lost worker', () => {
  const loss = { attempt: 1, workerId: aWorkerId(), reason: 'It fell silent.', alone: true } as const;
  const lost = { type: 'DeclareWorkerLost', ...loss } as const;
  const workerLost = { type: 'WorkerLost', data: loss } as const;

  const moments: readonly (readonly [string, BuildHistory])[] = [
    ['before the first step', aBuild().claimed()],
    ...steps.flatMap((step) => [
      [`during ${step}`, aBuild().inStep(step)] as const,
      [`after ${step}`, aBuild().stepDone(step)] as const,
    ]),
    ['with the output published', aBuild().running()],
  ];

  test.each(moments)('%s fails the attempt, which is tried again', (_, build) => {
    given(buildJobDecider, build.events)
      .when(lost, soon)
      .then([workerLost, retryAfter(1)]);
  });

  test('ends the build on the last attempt', () => {
    given(buildJobDecider, aBuild({ maxAttempts: 1 }).inStep('bundle').events)
      .when(lost)
      .then([
        workerLost,
        {
          type: 'BuildFailed',
          data: {
            code: 'worker-lost',
            message: 'The worker worker-1 was lost: It fell silent.',
            hint: 'It is set aside. An operator can release it as a new build.',
            step: 'bundle',
            annotations: [],
            deadLetter: true,
            losses: [{ ...loss, step: 'bundle' }],
          },
        },
      ]);
  });

  test.each([
    ['another worker', { ...lost, workerId: aWorkerId(2) }, aBuild().inStep('install')],
    ['an older attempt', lost, aBuild().inStep('install').stepFailed().inStep('install')],
    ['an attempt that was declared lost', lost, aBuild().inStep('install').workerLost()],
    ['a build that waits', lost, aBuild().queued()],
    ['a build that nobody claimed', { ...lost, attempt: 0 }, aBuild().dispatched()],
    ['a build that has ended', lost, aBuild().completed()],
  ])('is refused for %s', (_, command, build) => {
    given(buildJobDecider, build.events).when(command).thenRejected('stale-attempt');
  });

  test('that still reports is told that its attempt is over', () => {
    const declared = aBuild().inStep('install').workerLost();
    given(buildJobDecider, declared.events)
      .when(reportFrom(declared.state, stepFailed('install', { attempt: 1, seq: 4 })))
      .thenRejected('stale-attempt');
  });

  test('is not what a worker is that gives an attempt up', () => {
    const { state, events } = aBuild().inStep('install');
    given(buildJobDecider, events)
      .when(reportFrom(state, stopped(nextReport(state))), soon)
      .then([{ type: 'AttemptAbandoned', data: { attempt: 1, workerId: aWorkerId(), proven: true } }, retryAfter(1)]);
  });
});

describe('a build that is handed back by a worker that goes away', () => {
  test('waits again at once, and may still fail as often as any other', () => {
    const { state, events } = aBuild().inStep('install');
    given(buildJobDecider, events)
      .when(reportFrom(state, { ...stopped(nextReport(state)), kind: 'returned' }), soon)
      .then([{ type: 'BuildReturned', data: { attempt: 1, workerId: aWorkerId(), proven: true } }]);

    let build = aBuild();
    for (let restarts = 0; restarts < 5; restarts += 1) build = build.inStep('install').gaveBack();
    expect(build.state.value).toBe('queued');
    for (let failures = 1; failures < defaultMaxAttempts; failures += 1) build = build.inStep('install').stepFailed();
    expect(build.inStep('install').state.context.attempt).toBe(5 + defaultMaxAttempts);
    expect(build.inStep('install').stepFailed().state.value).toBe('failed');
  });
});
