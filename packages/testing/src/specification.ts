import assert from 'node:assert/strict';
import type { Decider, Decision, DecisionContext, DomainEvent } from '@yardmaster/domain';
import { aDecisionContext } from './fixtures.ts';

/** What a command leads to; every specification ends in exactly one of these. Each throws an `AssertionError`. */
export interface Outcome<Event> {
  /** Exactly these events, in this order, each of which the model then accepts. */
  then(events: readonly Event[]): void;
  /** A refusal with this stable code. */
  thenRejected(code: string): void;
  /** Accepted without an event: the command has already taken effect. */
  thenNothing(): void;
}

/**
 * Describes a decider by examples: `given(decider, events).when(command, context?).then(events)`. The history must be one
 * that the model accepts, so an example cannot start from a state that does not exist. Pure: nothing is stored.
 */
export function given<State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
  history: readonly Event[],
) {
  const state = replay(decider, decider.initialState(), history);
  return {
    when(command: Command, context: Partial<DecisionContext> = {}): Outcome<Event> {
      const decision = decider.decide(command, state, aDecisionContext(context));
      return {
        // biome-ignore lint/suspicious/noThenProperty: given, when, then is what such examples are called.
        then(events) {
          assert.deepEqual(decision, { ok: true, events });
          replay(decider, state, events);
        },
        thenRejected: (code) => assert.equal(rejectionCode(decision), code),
        thenNothing: () => assert.deepEqual(decision, { ok: true, events: [] }),
      };
    },
  };
}

/** Folds events into a state. Throws when the model refuses one, naming it. */
export function replay<State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
  from: State,
  events: readonly Event[],
): State {
  return events.reduce((state, event) => {
    const evolution = decider.evolve(state, event);
    assert(evolution.ok, evolution.ok ? '' : `${event.type} is not possible here: ${evolution.drift}`);
    return evolution.state;
  }, from);
}

function rejectionCode(decision: Decision<DomainEvent>): string {
  return decision.ok
    ? `accepted: ${decision.events.map(({ type }) => type).join(', ') || 'no events'}`
    : decision.rejection.code;
}
