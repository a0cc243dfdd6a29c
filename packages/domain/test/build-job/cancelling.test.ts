import { type BuildJobEvent, buildJobDecider, type KillEvidence, type Report, steps } from '@yardmaster/domain';
import {
  aBuild,
  aClaim,
  aWorkerId,
  type BuildHistory,
  given,
  nextReport,
  nothingKilled,
  outputPublished,
  reportFrom,
  stepCompleted,
  stepFailed,
  stepStarted,
  stopped,
} from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

const cancel = { type: 'CancelBuild', reason: 'Wrong branch.' } as const;
const cancelled = (killedProcesses: number, proven: boolean, killed: KillEvidence | null = null): BuildJobEvent => ({
  type: 'BuildCancelled',
  data: { killedProcesses, proven, killed },
});

describe('cancelling', () => {
  test.each([
    ['waits', aBuild().queued()],
    ['was dispatched but not claimed', aBuild().dispatched()],
    ['was withdrawn', aBuild().dispatched().withdrawn()],
  ])('ends a build at once that %s: nothing of it ever ran', (_, build) => {
    given(buildJobDecider, build.events)
      .when(cancel)
      .then([cancelled(0, true, nothingKilled)]);
  });

  test.each([
    ['backs off', aBuild().inStep('install').stepFailed()],
    ['waits for its next attempt', aBuild().inStep('install').stepFailed().queued()],
    ['was given up', aBuild().inStep('install').gaveUp()],
    ['was handed back', aBuild().inStep('install').gaveBack()],
  ])('ends a build at once that %s: its worker had ended it', (_, build) => {
    given(buildJobDecider, build.events)
      .when(cancel)
      .then([cancelled(0, true)]);
  });

  const unproven = { ...stopped(nextReport(aBuild().inStep('install').state)), proven: false };
  const reported = (report: Report) => reportFrom(aBuild().inStep('install').state, report);
  test.each([
    ['worker was lost', aBuild().inStep('install').workerLost()],
    ['step took too long', aBuild().inStep('install').timedOut()],
    ['worker gave it up without proof', aBuild().inStep('install').command(reported(unproven))],
    [
      'worker handed it back without proof',
      aBuild()
        .inStep('install')
        .command(reported({ ...unproven, kind: 'returned' })),
    ],
  ])('claims no proof for a build, in any later attempt either, after its %s', (_, build) => {
    given(buildJobDecider, build.events)
      .when(cancel)
      .then([cancelled(0, false)]);
    given(buildJobDecider, build.dispatched().events)
      .when(cancel)
      .then([cancelled(0, false)]);
    // Whoever has it next knows nothing of what that attempt may have left.
    const later = build.inStep('extract');
    given(buildJobDecider, later.stepFailed().events)
      .when(cancel)
      .then([cancelled(0, false)]);
    given(buildJobDecider, later.cancelled().events)
      .when(reportFrom(later.state, stopped(nextReport(later.state))))
      .then([cancelled(0, false, nothingKilled)]);
    given(buildJobDecider, later.cancelled().events)
      .when(reportFrom(later.state, stepFailed('extract', nextReport(later.state))))
      .then([cancelled(0, false)]);
  });

  const held: readonly (readonly [string, BuildHistory])[] = [
    ['was just claimed', aBuild().claimed()],
    ...steps.flatMap((step) => [
      [`is in ${step}`, aBuild().inStep(step)] as const,
      [`has done ${step}`, aBuild().stepDone(step)] as const,
    ]),
    ['has published its output', aBuild().running()],
  ];

  test.each(held)('asks the worker first when the build %s', (_, build) => {
    given(buildJobDecider, build.events)
      .when(cancel)
      .then([{ type: 'CancelRequested', data: { reason: 'Wrong branch.' } }]);
  });

  test('twice does nothing the second time', () => {
    given(buildJobDecider, aBuild().claimed().cancelled().events).when(cancel).thenNothing();
    given(buildJobDecider, aBuild().claimed().cancelled().stopped().events).when(cancel).thenNothing();
    given(buildJobDecider, aBuild().queued().cancelled().events).when(cancel).thenNothing();
  });

  test('is refused for a build that was never requested', () => {
    given(buildJobDecider, []).when(cancel).thenRejected('illegal-transition');
  });

  test.each([
    ['completed', aBuild().completed()],
    ['failed', aBuild().inStep('install').stepFailed({ retryable: false })],
  ])('is refused for a build that has %s', (_, build) => {
    given(buildJobDecider, build.events).when(cancel).thenRejected('build-ended');
  });
});

describe('while a build is being cancelled', () => {
  const build = aBuild().inStep('install').cancelled();
  const at = nextReport(build.state);

  const killed = { processes: [{ pid: 4_711, command: 'node' }], ports: [5_173], workspaceRemoved: true };

  test.each(['stopped', 'returned'] as const)('%s ends it, with proof of what the worker killed', (kind) => {
    given(buildJobDecider, build.events)
      .when(reportFrom(build.state, { ...stopped(at), kind, killedProcesses: 4, killed }))
      .then([cancelled(4, true, killed)]);
  });

  test('a worker that cannot prove that everything is gone says so', () => {
    const left = { ...killed, workspaceRemoved: false };
    given(buildJobDecider, build.events)
      .when(reportFrom(build.state, { ...stopped(at), killedProcesses: 3, proven: false, killed: left }))
      .then([cancelled(3, false, left)]);
  });

  test('the step that fails because it was killed ends it as cancelled, not failed', () => {
    given(buildJobDecider, build.events)
      .when(reportFrom(build.state, stepFailed('install', at)))
      .then([cancelled(0, true)]);
  });

  test('what the worker had already sent is taken in without effect', () => {
    for (const report of [stepCompleted('install', at), stepStarted('typecheck', at), outputPublished(at)]) {
      given(buildJobDecider, build.events).when(reportFrom(build.state, report)).thenNothing();
    }
  });

  test('a report that is missing does not hold up the end', () => {
    given(buildJobDecider, build.events)
      .when(reportFrom(build.state, stopped({ attempt: 1, seq: at.seq + 7 })))
      .then([cancelled(0, true, nothingKilled)]);
  });

  test('only the worker that holds it, and only about this attempt, ends it', () => {
    const stranger = { type: 'RecordReport', workerId: aWorkerId(2), report: stopped(at) } as const;
    given(buildJobDecider, build.events).when(stranger).thenRejected('stale-attempt');
    given(buildJobDecider, build.events)
      .when(reportFrom(build.state, stopped({ attempt: 2, seq: 1 })))
      .thenRejected('stale-attempt');
  });

  test('no other claim, dispatch, priority or timer comes through', () => {
    const commands = [
      { type: 'ClaimBuild', ...aClaim({ claimId: 'another' }) },
      { type: 'DispatchBuild', pool: 'default' },
      { type: 'ChangePriority', priority: 9 },
      { type: 'ExpireStep', attempt: 1, step: 'install' },
      { type: 'EndBackoff', attempt: 1 },
      { type: 'WithdrawDispatch', attempt: 1, reason: '' },
    ] as const;
    for (const command of commands) {
      given(buildJobDecider, build.events).when(command).thenRejected('illegal-transition');
    }
  });
});

describe('the race of a cancel against', () => {
  const checked = aBuild().stepDone('preview');
  const finished = reportFrom(checked.state, { kind: 'finished', ...nextReport(checked.state) });

  test('the finish is won by a finish that is recorded first', () => {
    given(buildJobDecider, checked.command(finished).events).when(cancel).thenRejected('build-ended');
  });

  test('the finish is won by a cancel that is recorded first, and the output is discarded', () => {
    given(buildJobDecider, checked.cancelled().events)
      .when(finished)
      .then([cancelled(0, true)]);
  });

  test('the loss of the worker ends as cancelled, with the kill unproven, when the cancel came first', () => {
    given(buildJobDecider, aBuild().inStep('install').cancelled().events)
      .when({ type: 'DeclareWorkerLost', attempt: 1, workerId: aWorkerId(), reason: 'It fell silent.', alone: true })
      .then([cancelled(0, false)]);
  });

  test('the loss of the worker ends as cancelled when the loss came first', () => {
    given(buildJobDecider, aBuild().inStep('install').workerLost().events)
      .when(cancel)
      .then([cancelled(0, false)]);
  });

  test('a retry that is due leaves one of the two, in either order', () => {
    const waiting = aBuild().inStep('install').stepFailed();
    given(buildJobDecider, waiting.cancelled().events)
      .when({ type: 'EndBackoff', attempt: 1 })
      .thenRejected('build-ended');
    given(buildJobDecider, waiting.queued().events)
      .when(cancel)
      .then([cancelled(0, true)]);
  });

  test('a claim leaves the worker without the build when the cancel came first', () => {
    given(buildJobDecider, aBuild().dispatched().cancelled().events)
      .when({ type: 'ClaimBuild', ...aClaim() })
      .thenRejected('build-ended');
  });

  test('the last failure of a build is won by the failure that is recorded first', () => {
    const failed = aBuild({ maxAttempts: 1 }).inStep('install').stepFailed();
    given(buildJobDecider, failed.events).when(cancel).thenRejected('build-ended');
  });

  test('a step timer is won by the cancel', () => {
    const build = aBuild().inStep('install').cancelled();
    given(buildJobDecider, build.events)
      .when({ type: 'ExpireStep', attempt: 1, step: 'install' })
      .thenRejected('illegal-transition');
    expect(build.stopped().state.value).toBe('cancelled');
  });
});
