import { pendingTimers, steps } from '@yardmaster/domain';
import { aBuild, aStepTimeoutMs, momentsLater } from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';

describe('the timers of a build', () => {
  test.each(steps)('are the deadline of %s while it runs', (step) => {
    expect(pendingTimers(aBuild().inStep(step).state)).toEqual([
      { kind: 'step-deadline', dueAt: momentsLater(aStepTimeoutMs), attempt: 1, step },
    ]);
  });

  test('are the end of the back-off while the next attempt waits', () => {
    // Half of the way from 250 ms to 2 s: the examples draw 0.5.
    expect(pendingTimers(aBuild().inStep('install').stepFailed().state)).toEqual([
      { kind: 'retry-due', dueAt: momentsLater(1_125), attempt: 1 },
    ]);
  });

  test('name the attempt that they belong to', () => {
    const again = aBuild().inStep('install').stepFailed();
    expect(pendingTimers(again.inStep('install').state)).toMatchObject([{ kind: 'step-deadline', attempt: 2 }]);
    expect(pendingTimers(again.inStep('install').stepFailed().state)).toMatchObject([
      { kind: 'retry-due', attempt: 2 },
    ]);
  });

  test.each([
    ['before the request', aBuild()],
    ['while it waits', aBuild().queued()],
    ['while it is dispatched', aBuild().dispatched()],
    ['before the first step', aBuild().claimed()],
    ...steps.map((step) => [`after ${step}`, aBuild().stepDone(step)] as [string, ReturnType<typeof aBuild>]),
    ['once the output is published', aBuild().running()],
    ['in the queue for the next attempt', aBuild().inStep('install').stepFailed().queued()],
    ['while it is being cancelled in a step', aBuild().inStep('install').cancelled()],
    ['once it has completed', aBuild().completed()],
    ['once it has failed', aBuild().inStep('install').stepFailed({ retryable: false })],
    ['once it has timed out for good', aBuild({ maxAttempts: 1 }).inStep('install').timedOut()],
    ['once it was cancelled in a step', aBuild().inStep('install').cancelled().stopped()],
    ['once it was cancelled during back-off', aBuild().inStep('install').stepFailed().cancelled()],
  ])('are none %s', (_, { state }) => {
    expect(pendingTimers(state)).toEqual([]);
  });
});
