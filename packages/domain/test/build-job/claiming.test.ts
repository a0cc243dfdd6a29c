import { buildJobDecider } from '@yardmaster/domain';
import { aBuild, aClaim, aWorkerId, given } from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

describe('claiming a build', () => {
  test('is recorded with the worker, its session and the lease', () => {
    given(buildJobDecider, aBuild().dispatched().events)
      .when({ type: 'ClaimBuild', ...aClaim() })
      .then([{ type: 'BuildClaimed', data: aClaim() }]);
  });

  test('is granted to a worker that claims first after a withdrawn dispatch went out again', () => {
    given(buildJobDecider, aBuild().dispatched().withdrawn().dispatched().events)
      .when({ type: 'ClaimBuild', ...aClaim({ workerId: aWorkerId(2) }) })
      .then([{ type: 'BuildClaimed', data: aClaim({ workerId: aWorkerId(2) }) }]);
  });

  test('counts attempts on from the one that failed', () => {
    const secondTry = aBuild().inStep('install').stepFailed().dispatched();
    given(buildJobDecider, secondTry.events)
      .when({ type: 'ClaimBuild', ...aClaim({ attempt: 2 }) })
      .then([{ type: 'BuildClaimed', data: aClaim({ attempt: 2 }) }]);
  });

  test('begins with a clean slate: no step, no report, no progress, no failure', () => {
    const { context } = aBuild().inStep('typecheck').stepFailed().claimed().state;
    expect(context).toMatchObject({
      attempt: 2,
      claimId: 'claim-2',
      reportSeq: 0,
      step: null,
      lastCompletedStep: null,
      stepDeadlineAt: null,
      retryDueAt: null,
      outputArtifactId: null,
      progress: 0,
      failure: null,
    });
  });
});

describe('asking again with the same claim id', () => {
  test.each([
    ['right away', aBuild().claimed()],
    ['in the middle of a step', aBuild().inStep('bundle')],
    ['while the preview is checked', aBuild().running()],
    ['while the build is being cancelled', aBuild().inStep('install').cancelled()],
  ])('gets the same answer %s', (_, build) => {
    given(buildJobDecider, build.events)
      .when({ type: 'ClaimBuild', ...aClaim() })
      .thenNothing();
  });

  test('is refused to another worker that knows it', () => {
    given(buildJobDecider, aBuild().claimed().events)
      .when({ type: 'ClaimBuild', ...aClaim({ workerId: aWorkerId(2) }) })
      .thenRejected('illegal-transition');
  });

  test('is refused for another attempt', () => {
    given(buildJobDecider, aBuild().claimed().events)
      .when({ type: 'ClaimBuild', ...aClaim({ attempt: 2, claimId: 'claim-1' }) })
      .thenRejected('illegal-transition');
  });

  test('is refused once its attempt has failed', () => {
    const failed = aBuild().inStep('install').stepFailed();
    for (const build of [failed, failed.queued(), failed.dispatched()]) {
      given(buildJobDecider, build.events)
        .when({ type: 'ClaimBuild', ...aClaim() })
        .thenRejected('illegal-transition');
    }
  });

  test('is refused once the build has ended', () => {
    given(buildJobDecider, aBuild().completed().events)
      .when({ type: 'ClaimBuild', ...aClaim() })
      .thenRejected('build-ended');
  });
});

describe('another claim', () => {
  const rival = aClaim({ workerId: aWorkerId(2), claimId: 'another' });

  test.each([
    ['a worker has just claimed', aBuild().claimed()],
    ['is in a step', aBuild().inStep('install')],
    ['shows its preview', aBuild().running()],
    ['was not dispatched', aBuild().queued()],
    ['was withdrawn', aBuild().dispatched().withdrawn()],
    ['backs off', aBuild().inStep('install').stepFailed()],
  ])('is refused for a build that %s', (_, build) => {
    given(buildJobDecider, build.events)
      .when({ type: 'ClaimBuild', ...rival })
      .thenRejected('illegal-transition');
  });

  test('of the same worker in a new session is refused while its old one holds the build', () => {
    given(buildJobDecider, aBuild().claimed().events)
      .when({ type: 'ClaimBuild', ...aClaim({ workerSession: 'session-2', claimId: 'another' }) })
      .thenRejected('illegal-transition');
  });

  test.each([[0], [2], [7]])('for attempt %i is refused when attempt 1 was dispatched', (attempt) => {
    given(buildJobDecider, aBuild().dispatched().events)
      .when({ type: 'ClaimBuild', ...aClaim({ attempt }) })
      .thenRejected('illegal-transition');
  });
});
