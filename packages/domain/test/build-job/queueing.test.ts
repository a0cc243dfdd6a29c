import { buildJobDecider } from '@yardmaster/domain';
import { aBuild, aBuildRequest, given } from '@yardmaster/testing';
import { describe, test } from 'vitest';

const request = aBuildRequest();

describe('requesting a build', () => {
  test('records the request and queues it at once', () => {
    given(buildJobDecider, [])
      .when({ type: 'RequestBuild', ...request })
      .then([
        { type: 'BuildRequested', data: request },
        { type: 'BuildQueued', data: {} },
      ]);
  });

  test('happens once, whatever is asked the second time', () => {
    given(buildJobDecider, aBuild().queued().events)
      .when({ type: 'RequestBuild', ...request, priority: 9 })
      .thenNothing();
  });
});

describe('changing the priority', () => {
  test('is recorded while the build waits', () => {
    given(buildJobDecider, aBuild().queued().events)
      .when({ type: 'ChangePriority', priority: 9 })
      .then([{ type: 'PriorityChanged', data: { priority: 9 } }]);
  });

  test('is recorded while the build waits for its next attempt', () => {
    given(buildJobDecider, aBuild().inStep('install').stepFailed().events)
      .when({ type: 'ChangePriority', priority: 0 })
      .then([{ type: 'PriorityChanged', data: { priority: 0 } }]);
  });

  test('to what it is already does nothing', () => {
    given(buildJobDecider, aBuild({ priority: 7 }).queued().events)
      .when({ type: 'ChangePriority', priority: 7 })
      .thenNothing();
  });

  test('goes by the priority that was set last', () => {
    const raised = aBuild({ priority: 5 }).queued().command({ type: 'ChangePriority', priority: 9 });
    given(buildJobDecider, raised.events).when({ type: 'ChangePriority', priority: 9 }).thenNothing();
    given(buildJobDecider, raised.events)
      .when({ type: 'ChangePriority', priority: 5 })
      .then([{ type: 'PriorityChanged', data: { priority: 5 } }]);
  });

  test.each([
    ['once the build was dispatched', aBuild().dispatched()],
    ['once a worker has the build', aBuild().claimed()],
    ['of a build that was never requested', aBuild()],
  ])('is refused %s', (_, build) => {
    given(buildJobDecider, build.events)
      .when({ type: 'ChangePriority', priority: 9 })
      .thenRejected('illegal-transition');
  });

  test('to the default is refused for a build that was never requested', () => {
    given(buildJobDecider, []).when({ type: 'ChangePriority', priority: 5 }).thenRejected('illegal-transition');
  });
});

describe('dispatching a build', () => {
  test('names the attempt that it is for', () => {
    given(buildJobDecider, aBuild().queued().events)
      .when({ type: 'DispatchBuild', pool: 'big' })
      .then([{ type: 'BuildDispatched', data: { attempt: 1, pool: 'big' } }]);
  });

  test('counts on after a failed attempt', () => {
    given(buildJobDecider, aBuild().inStep('install').stepFailed().queued().events)
      .when({ type: 'DispatchBuild', pool: 'default' })
      .then([{ type: 'BuildDispatched', data: { attempt: 2, pool: 'default' } }]);
  });

  test('happens once until it is withdrawn', () => {
    given(buildJobDecider, aBuild().dispatched().events).when({ type: 'DispatchBuild', pool: 'default' }).thenNothing();
  });

  test('is refused during back-off', () => {
    given(buildJobDecider, aBuild().inStep('install').stepFailed().events)
      .when({ type: 'DispatchBuild', pool: 'default' })
      .thenRejected('illegal-transition');
  });
});

describe('withdrawing a dispatch', () => {
  const withdraw = { type: 'WithdrawDispatch', attempt: 1, reason: 'No worker claimed it.' } as const;

  test('puts the build back into the queue', () => {
    given(buildJobDecider, aBuild().dispatched().events)
      .when(withdraw)
      .then([{ type: 'DispatchWithdrawn', data: { attempt: 1, reason: 'No worker claimed it.' } }]);
  });

  test('again does nothing', () => {
    given(buildJobDecider, aBuild().dispatched().withdrawn().events).when(withdraw).thenNothing();
  });

  test('leaves the attempt unused, so the next dispatch is for the same one', () => {
    given(buildJobDecider, aBuild().dispatched().withdrawn().events)
      .when({ type: 'DispatchBuild', pool: 'default' })
      .then([{ type: 'BuildDispatched', data: { attempt: 1, pool: 'default' } }]);
  });

  test('of an older attempt is refused', () => {
    given(buildJobDecider, aBuild().inStep('install').stepFailed().dispatched().events)
      .when(withdraw)
      .thenRejected('illegal-transition');
  });

  test('is refused once a worker has the build', () => {
    given(buildJobDecider, aBuild().claimed().events).when(withdraw).thenRejected('illegal-transition');
  });
});
