import { type BuildJobEvent, buildJobDecider, retryMinDelayMs } from '@yardmaster/domain';
import {
  aBuild,
  aClaim,
  aWorkerId,
  type BuildHistory,
  given,
  momentsLater,
  nextReport,
  reportFrom,
  stepFailed,
} from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

const alone = { alone: true };
const hint = 'It is set aside. An operator can release it as a new build.';
const retryAfter = (attempt: number): BuildJobEvent => ({
  type: 'RetryScheduled',
  data: { attempt, delayMs: retryMinDelayMs, dueAt: momentsLater(retryMinDelayMs) },
});

/** On to the install step of the next attempt, with a worker named after the attempt. */
function withWorker(build: BuildHistory): BuildHistory {
  const attempt = build.state.context.attempt + 1;
  const claimed = build
    .dispatched()
    .command({ type: 'ClaimBuild', ...aClaim({ attempt, workerId: aWorkerId(attempt) }) });
  return claimed.inStep('install');
}

function losing({ state }: BuildHistory, { alone }: { readonly alone: boolean }) {
  const { attempt } = state.context;
  return { attempt, workerId: aWorkerId(attempt), reason: 'It fell silent.', alone };
}

function failureOf(build: BuildHistory) {
  const last = build.events.at(-1);
  return last?.type === 'BuildFailed' ? last.data : expect.fail(`It ended with ${last?.type}.`);
}

describe('a build that is alone on its worker both times that one is lost', () => {
  const first = withWorker(aBuild({ maxAttempts: 5 }));
  const second = withWorker(first.workerLost(alone));

  test('is set aside at the second loss, with its evidence, though it has attempts left', () => {
    const [losses, loss] = [losing(first, alone), losing(second, alone)];
    given(buildJobDecider, second.events)
      .when({ type: 'DeclareWorkerLost', ...loss })
      .then([
        { type: 'WorkerLost', data: loss },
        {
          type: 'BuildFailed',
          data: {
            code: 'poison-build',
            message:
              'Its worker was lost 2 times while it had this build only: worker-1 (install), worker-2 (install).',
            hint,
            step: 'install',
            annotations: [],
            deadLetter: true,
            losses: [
              { ...losses, step: 'install' },
              { ...loss, step: 'install' },
            ],
          },
        },
      ]);
    expect(second.workerLost(alone).state.context).toMatchObject({
      deadLetter: true,
      failure: { code: 'poison-build' },
    });
  });

  test('is tried again after the first', () => {
    given(buildJobDecider, first.events)
      .when({ type: 'DeclareWorkerLost', ...losing(first, alone) }, { random: 0 })
      .then([{ type: 'WorkerLost', data: losing(first, alone) }, retryAfter(1)]);
  });

  test.each<[string, (build: BuildHistory) => BuildHistory]>([
    ['other workers were lost with more than it', (build) => build.workerLost()],
    ['its step failed', (build) => build.stepFailed()],
    ['its step took too long', (build) => build.timedOut()],
    ['its worker gave it up', (build) => build.gaveUp()],
    ['its worker handed it back', (build) => build.gaveBack()],
  ])('is set aside as well where %s in between', (_, meanwhile) => {
    const build = withWorker(meanwhile(second)).workerLost(alone);
    expect(failureOf(build)).toMatchObject({ code: 'poison-build', deadLetter: true });
  });

  test('is told as that also where it was its last attempt', () => {
    const last = withWorker(withWorker(aBuild({ maxAttempts: 2 })).workerLost(alone)).workerLost(alone);
    expect(failureOf(last)).toMatchObject({ code: 'poison-build', deadLetter: true });
  });

  test('ends once: a worker that comes back changes nothing', () => {
    const ended = second.workerLost(alone);
    given(buildJobDecider, ended.events)
      .when(reportFrom(second.state, { kind: 'finished', ...nextReport(second.state) }))
      .thenRejected('stale-attempt');
    given(buildJobDecider, ended.events).when({ type: 'CancelBuild', reason: null }).thenRejected('build-ended');
  });
});

describe('a worker that is lost with several builds', () => {
  test('costs each of them an attempt, and makes none of them poison', () => {
    let build = withWorker(aBuild({ maxAttempts: 5 }));
    for (let loss = 1; loss <= 4; loss += 1) build = withWorker(build.workerLost());
    expect(build.state.context.losses).toHaveLength(4);
    expect(build.completed().state.value).toBe('completed');
  });

  test('counts no less for a build that was alone with another one', () => {
    const build = withWorker(withWorker(aBuild({ maxAttempts: 5 })).workerLost(alone));
    expect(build.workerLost().state.value).toBe('backingOff');
  });
});

describe('a build whose attempts are used up', () => {
  test('is set aside when the last one lost its worker', () => {
    const last = withWorker(withWorker(aBuild({ maxAttempts: 2 })).stepFailed());
    given(buildJobDecider, last.events)
      .when({ type: 'DeclareWorkerLost', ...losing(last, { alone: false }) })
      .then([
        { type: 'WorkerLost', data: losing(last, { alone: false }) },
        {
          type: 'BuildFailed',
          data: {
            code: 'worker-lost',
            message: 'The worker worker-2 was lost: It fell silent.',
            hint,
            step: 'install',
            annotations: [],
            deadLetter: true,
            losses: [{ ...losing(last, { alone: false }), step: 'install' }],
          },
        },
      ]);
  });

  test('fails as any other when the last one failed by itself, and keeps what was lost before', () => {
    const first = withWorker(aBuild({ maxAttempts: 2 }));
    const build = withWorker(first.workerLost(alone)).stepFailed();
    expect(failureOf(build)).toMatchObject({
      code: 'registry-unreachable',
      deadLetter: false,
      losses: [{ ...losing(first, alone), step: 'install' }],
    });
    expect(build.state.context.deadLetter).toBe(false);
  });

  test('is not set aside for workers that gave it up: none of them was lost', () => {
    const build = withWorker(withWorker(aBuild({ maxAttempts: 2 })).gaveUp()).gaveUp();
    expect(failureOf(build)).toEqual({
      code: 'attempt-abandoned',
      message: 'The worker worker-2 could not go on with the attempt and gave it up.',
      hint: 'Nothing is known to be wrong with the project.',
      step: 'install',
      annotations: [],
      deadLetter: false,
      losses: [],
    });
  });
});

test('workers that go away in good order are no losses, however many', () => {
  let build = withWorker(aBuild());
  for (let restart = 1; restart <= 5; restart += 1) build = withWorker(build.gaveBack());
  expect(build.state.context.losses).toEqual([]);
  expect(build.completed().state.value).toBe('completed');
});

test('a failure for good is never tried again, whatever was lost before', () => {
  const build = withWorker(withWorker(aBuild({ maxAttempts: 10 })).workerLost());
  given(buildJobDecider, build.events)
    .when(reportFrom(build.state, stepFailed('install', nextReport(build.state), { retryable: false })))
    .then([
      { type: 'StepFailed', data: dataOf(stepFailed('install', nextReport(build.state), { retryable: false })) },
      {
        type: 'BuildFailed',
        data: {
          code: 'registry-unreachable',
          message: 'The registry did not answer.',
          hint: 'Try again later.',
          step: 'install',
          annotations: [],
          deadLetter: false,
          losses: build.state.context.losses,
        },
      },
    ]);
});

function dataOf({ kind: _, ...data }: ReturnType<typeof stepFailed>) {
  return data;
}

test('a lost worker is remembered with the step of its attempt, also before the first', () => {
  const build = aBuild().claimed().workerLost(alone);
  expect(build.state.context.losses).toEqual([
    { attempt: 1, workerId: aWorkerId(), step: null, reason: 'It fell silent.', alone: true },
  ]);
});
