import type { DomainEvent, StateValue } from './stored-event.ts';

/** What a decision may use of the world: it is passed in, never looked up. */
export interface DecisionContext {
  /** The moment of the decision, ISO 8601 UTC. */
  readonly now: string;
  /** A number in [0, 1), drawn once per decision; the source of jitter. */
  readonly random: number;
}

/** Why a command was refused. `code` is stable; `message` is for people. */
export interface Rejection {
  readonly code: string;
  readonly message: string;
}

/** Events to append together, possibly none (the command has already taken effect), or a refusal. */
export type Decision<Event> =
  | { readonly ok: true; readonly events: readonly Event[] }
  | { readonly ok: false; readonly rejection: Rejection };

/** What `evolve` makes of a recorded event: the next state, or drift when the model refuses it. */
export type Evolution<State> =
  | { readonly ok: true; readonly state: State }
  | { readonly ok: false; readonly drift: string };

/**
 * The pure model of one category of streams. `decide` proposes events for a command; `evolve` folds a recorded
 * event into the state. Neither performs IO, and both are deterministic.
 */
export interface Decider<State, Command, Event extends DomainEvent> {
  /** Stream names are `<category>-<id>`. */
  readonly category: string;
  /**
   * Recorded with every event. Raised with each change of what the model accepts, where events lead, or of an event's
   * schema; the histories of every earlier version still have to be reproduced.
   */
  readonly machineVersion: number;
  /** The types of all events that a stream of this category may hold. */
  readonly eventTypes: readonly Event['type'][];
  initialState(): State;
  decide(command: Command, state: State, context: DecisionContext): Decision<Event>;
  evolve(state: State, event: Event): Evolution<State>;
  /** The state as recorded in metadata `from` and `to`. */
  stateValue(state: State): StateValue;
  /**
   * Validates stored data of any schema version and returns the current shape, through the upcasters. Throws on bad data,
   * and {@link NewerSchemaVersion} where this program is older than the event.
   */
  parseEvent(type: string, data: unknown, schemaVersion: number): Event;
  /** The version in which events of this type are recorded today. */
  schemaVersion(event: Pick<Event, 'type'>): number;
}

export const accept = <Event>(...events: Event[]): Decision<Event> => ({ ok: true, events });

export const reject = (code: string, message: string): { ok: false; rejection: Rejection } => ({
  ok: false,
  rejection: { code, message },
});
