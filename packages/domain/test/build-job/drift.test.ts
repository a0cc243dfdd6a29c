import { type BuildJobEvent, buildJobDecider } from '@yardmaster/domain';
import { aBuild, aClaim, aMoment, aWorkerId, replay } from '@yardmaster/testing';
import { expect, test } from 'vitest';

/** Histories that no command leads to, as a faulty writer or a changed machine would leave them. */
const lastAttemptFailed = aBuild({ maxAttempts: 1 }).inStep('install').stepFailed().events.slice(0, -1);
const waitsForSecond = aBuild().inStep('install').stepFailed().events;

test.each<[string, readonly BuildJobEvent[], BuildJobEvent]>([
  [
    'another attempt after the last',
    lastAttemptFailed,
    { type: 'RetryScheduled', data: { attempt: 1, delayMs: 250, dueAt: aMoment } },
  ],
  [
    'a retry of an attempt that is not the one that failed',
    waitsForSecond.slice(0, -1),
    { type: 'RetryScheduled', data: { attempt: 2, delayMs: 250, dueAt: aMoment } },
  ],
  ['a queued build that nobody requested', [], { type: 'BuildQueued', data: {} }],
  ['a second request', aBuild().queued().events.slice(0, 1), aBuild().queued().events[0] as BuildJobEvent],
  [
    'a dispatch of an attempt out of turn',
    aBuild().queued().events,
    { type: 'BuildDispatched', data: { attempt: 2, pool: 'default' } },
  ],
  ['a claim without a dispatch', aBuild().queued().events, { type: 'BuildClaimed', data: aClaim() }],
  [
    'an end without a cancel while a worker holds the build',
    aBuild().inStep('install').events,
    { type: 'BuildCancelled', data: { killedProcesses: 0, proven: true, killed: null } },
  ],
  [
    'the loss of a worker that does not hold the build',
    aBuild().inStep('install').events,
    { type: 'WorkerLost', data: { attempt: 1, workerId: aWorkerId(2), reason: '', alone: false } },
  ],
  ['an event after the end', aBuild().completed().events, { type: 'CancelRequested', data: { reason: null } }],
])('%s is drift, named with its event and state', (_, history, event) => {
  const state = replay(buildJobDecider, buildJobDecider.initialState(), history);
  expect(buildJobDecider.evolve(state, event)).toEqual({
    ok: false,
    drift: `The machine refuses ${event.type} in ${JSON.stringify(state.value)}.`,
  });
});
