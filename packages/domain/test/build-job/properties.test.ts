import {
  type BuildJobCommand,
  BuildJobEvent,
  type BuildJobSnapshot,
  buildJobDecider,
  type DecisionContext,
  finalStatuses,
  isTerminal,
  pendingTimers,
  poisonousLosses,
  retryBaseDelayMs,
  retryMaxDelayMs,
  retryMinDelayMs,
  statusOf,
} from '@yardmaster/domain';
import { type aBuildRequest, aDecisionContext, replay } from '@yardmaster/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildRequests, commandOf, type Draw, draws } from './random-commands.ts';

interface Moment {
  readonly before: BuildJobSnapshot;
  readonly command: BuildJobCommand;
  readonly context: DecisionContext;
  /** Empty when the command was refused or had taken effect already. */
  readonly events: readonly BuildJobEvent[];
  /** The states before the first event, between them, and after the last. */
  readonly states: readonly [BuildJobSnapshot, ...BuildJobSnapshot[]];
}

/** Lives through the draws; every command that type-checks has to be answered, so an exception fails the property. */
function live(drawn: readonly Draw[], request: ReturnType<typeof aBuildRequest>): readonly Moment[] {
  const moments: Moment[] = [];
  let state = buildJobDecider.initialState();
  for (const draw of drawn) {
    const before = state;
    const command = commandOf(draw, before, request);
    const context = aDecisionContext({ random: draw.random });
    const decision = buildJobDecider.decide(command, before, context);
    const events = decision.ok ? decision.events : [];
    const states: [BuildJobSnapshot, ...BuildJobSnapshot[]] = [before];
    for (const event of events) {
      state = replay(buildJobDecider, state, [event]);
      states.push(state);
    }
    moments.push({ before, command, context, events, states });
  }
  return moments;
}

const essence = ({ value, context }: BuildJobSnapshot) => ({ value, context });
const eventsOf = (moments: readonly Moment[]) => moments.flatMap(({ events }) => events);

/** Checks a property over random lives. On failure fast-check prints the seed and the shortest life that breaks it. */
function holds(check: (moments: readonly Moment[]) => void, numRuns = 100): void {
  fc.assert(
    fc.property(draws, buildRequests, (drawn, request) => check(live(drawn, request))),
    { numRuns },
  );
}

describe('in any sequence of commands', () => {
  test('at most one event is terminal, and it is the last one', () => {
    holds((moments) => {
      const events = eventsOf(moments);
      const terminal = events.findIndex(isTerminal);
      expect(terminal === -1 || terminal === events.length - 1).toBe(true);
      const end = moments.at(-1)?.states.at(-1);
      expect(end !== undefined && finalStatuses.has(statusOf(end.value))).toBe(terminal !== -1);
    });
  });

  test('progress never falls within an attempt, and is 100 only when the build has completed', () => {
    holds((moments) => {
      for (const { events, states } of moments) {
        for (const [i, event] of events.entries()) {
          const [before, after] = [states[i], states[i + 1]];
          const fell = (after?.context.progress ?? 0) < (before?.context.progress ?? 0);
          const endsAttempt = ['RetryScheduled', 'BuildReturned', 'BuildClaimed'].includes(event.type);
          expect(!fell || endsAttempt).toBe(true);
          expect(after?.context.progress === 100).toBe(after?.value === 'completed');
        }
      }
    });
  });

  test('the stored events give back every state that the build went through', () => {
    holds((moments) => {
      let replayed = buildJobDecider.initialState();
      for (const { events, states } of moments) {
        for (const [i, event] of events.entries()) {
          const stored = JSON.parse(JSON.stringify(event)) as BuildJobEvent;
          const parsed = buildJobDecider.parseEvent(stored.type, stored.data, buildJobDecider.schemaVersion(event));
          expect(parsed).toEqual(event);
          replayed = replay(buildJobDecider, replayed, [parsed]);
          expect(essence(replayed)).toEqual(essence(states[i + 1] ?? replayed));
        }
      }
    });
  });

  test('every event is one that the machine accepts, and changes the build', () => {
    holds((moments) => {
      for (const { events, states } of moments) {
        for (const [i, event] of events.entries()) {
          const [before, after] = [states[i], states[i + 1]];
          expect(before?.can(event)).toBe(true);
          expect(before && after && essence(after)).not.toEqual(before && essence(before));
        }
      }
    });
  });

  test('a command that is sent again at once adds nothing', () => {
    holds((moments) => {
      for (const { command, context, states } of moments) {
        const again = buildJobDecider.decide(command, states.at(-1) ?? states[0], context);
        expect(again.ok ? again.events : []).toEqual([]);
      }
    });
  });

  test('deciding is deterministic and leaves the state as it was', () => {
    holds((moments) => {
      for (const { before, command, context } of moments) {
        const [state, asked] = [structuredClone(essence(before)), structuredClone(command)];
        const first = buildJobDecider.decide(command, before, context);
        expect(buildJobDecider.decide(command, before, context)).toEqual(first);
        expect(essence(before)).toEqual(state);
        expect(command).toEqual(asked);
      }
    });
  });

  test('attempts count up by one, up to the most that were asked for and those handed back', () => {
    holds((moments) => {
      const claims = eventsOf(moments).flatMap((event) => (event.type === 'BuildClaimed' ? [event.data.attempt] : []));
      expect(claims).toEqual(claims.map((_, i) => i + 1));
      const request = moments.at(-1)?.states.at(-1)?.context.request;
      const returned = eventsOf(moments).filter(({ type }) => type === 'BuildReturned').length;
      expect(claims.length - returned).toBeLessThanOrEqual(request?.maxAttempts ?? 0);
    });
  });

  test('a build is set aside exactly where its end is the loss of a worker, and outlives one lonely loss at most', () => {
    holds((moments) => {
      const events = eventsOf(moments);
      const lost = events.flatMap((event) => (event.type === 'WorkerLost' ? [event.data] : []));
      const lonely = lost.filter(({ alone }) => alone).length;
      expect(lonely).toBeLessThanOrEqual(poisonousLosses);
      const [cause, end] = events.slice(-2);
      if (end?.type === 'BuildFailed') {
        expect(end.data.deadLetter).toBe(cause?.type === 'WorkerLost');
        expect(end.data.losses.map(({ step: _, ...loss }) => loss)).toEqual(lost);
      }
      expect(end?.type === 'BuildFailed' && end.data.code === 'poison-build').toBe(lonely === poisonousLosses);
      expect(moments.at(-1)?.states.at(-1)?.context.deadLetter ?? false).toBe(
        end?.type === 'BuildFailed' && end.data.deadLetter,
      );
    });
  });

  test('a failure for good is followed by the end, one that may pass by another attempt while there is one', () => {
    holds((moments) => {
      const events = eventsOf(moments);
      for (const [i, event] of events.entries()) {
        const next = events[i + 1];
        if (event.type === 'StepFailed' && !event.data.retryable) expect(next?.type).toBe('BuildFailed');
        if (next?.type !== 'RetryScheduled') continue;
        const { attempt, delayMs } = next.data;
        expect(delayMs).toBeGreaterThanOrEqual(retryMinDelayMs);
        expect(delayMs).toBeLessThanOrEqual(Math.min(retryMaxDelayMs, retryBaseDelayMs * 2 ** (attempt - 1)));
      }
    });
  });

  test('the reports of an attempt are recorded in order, each once, without a hole', () => {
    holds((moments) => {
      let next = 1;
      for (const event of eventsOf(moments)) {
        if (event.type === 'BuildClaimed') next = 1;
        else if ('seq' in event.data) {
          expect(event.data.seq).toBe(next);
          next += 1;
        }
      }
    });
  });

  test('a timer that is pending is accepted when it fires', () => {
    holds((moments) => {
      for (const { states } of moments) {
        const state = states.at(-1) ?? states[0];
        const timers = pendingTimers(state);
        expect(timers.length).toBeLessThanOrEqual(1);
        for (const timer of timers) {
          const { attempt } = timer;
          const command: BuildJobCommand =
            timer.kind === 'retry-due'
              ? { type: 'EndBackoff', attempt }
              : { type: 'ExpireStep', attempt, step: timer.step };
          const fired = buildJobDecider.decide(command, state, aDecisionContext());
          expect(fired).toMatchObject({ ok: true });
          expect(fired.ok && fired.events.length).toBeGreaterThan(0);
        }
      }
    });
  });

  test('no command leaves a build between a failure and what follows from it', () => {
    holds((moments) => {
      for (const { states } of moments) expect((states.at(-1) ?? states[0]).value).not.toBe('attemptFailed');
    });
  });

  test('every build can still end', () => {
    holds((moments) => {
      const { states } = moments.at(-1) ?? { states: [buildJobDecider.initialState()] as const };
      let state = states.at(-1) ?? states[0];
      if (state.value === 'pending') return;
      for (const command of [
        { type: 'CancelBuild', reason: null },
        {
          type: 'DeclareWorkerLost',
          attempt: state.context.attempt,
          workerId: state.context.workerId ?? 'none',
          reason: '',
          alone: false,
        },
      ] as BuildJobCommand[]) {
        const decision = buildJobDecider.decide(command, state, aDecisionContext());
        if (decision.ok) state = replay(buildJobDecider, state, decision.events);
      }
      expect(finalStatuses.has(statusOf(state.value))).toBe(true);
    });
  });
});

test('random lives reach every state and event of the build, and every way to fail, so that the properties speak of all of them', () => {
  const seen = { values: new Set<string>(), types: new Set<string>(), failures: new Set<string>() };
  fc.assert(
    fc.property(draws, buildRequests, (drawn, request) => {
      for (const { events, states } of live(drawn, request)) {
        for (const { value } of states) seen.values.add(JSON.stringify(value));
        for (const event of events) {
          seen.types.add(event.type);
          if (event.type === 'BuildFailed') seen.failures.add(event.data.code);
        }
      }
    }),
    { numRuns: 500, seed: 1 },
  );
  expect(seen.values.size).toBe(15);
  expect(seen.types.size).toBe(BuildJobEvent.options.length);
  const failures = ['attempt-abandoned', 'poison-build', 'registry-unreachable', 'step-timed-out', 'worker-lost'];
  expect([...seen.failures].sort()).toEqual(failures);
});
