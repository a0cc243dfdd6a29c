import type { Actor, Decider, DomainEvent, EventMetadata, Rejection } from '@yardmaster/domain';
import { eventHash } from './hash-chain.ts';
import type { Clock } from './ports/clock.ts';
import { maxEventsPerAppend, type NewEvent, type Position } from './ports/event-store.ts';

/** Who sends a command, and what it belongs to. */
export interface Envelope {
  readonly actor: Actor;
  /** Ties together everything that one request set off; the stream's own id by default. */
  readonly correlationId?: string;
  /** The event or message that made this command necessary. */
  readonly causationId?: string | null;
  readonly traceparent?: string | null;
}

export interface Loaded<State> {
  readonly state: State;
  /** The stream's last revision; -1 when there is no stream yet. */
  readonly revision: number;
}

/** `state` and `revision` are what this command found or made: those after it do not show in them. */
export type HandleResult<State, Event> =
  | (Loaded<State> & {
      readonly ok: true;
      readonly events: readonly Event[];
      /**
       * Where the append ended that the events were part of: whoever has read up to here has read them. Null when the
       * command had already taken effect.
       */
      readonly position: Position | null;
    })
  | (Loaded<State> & { readonly ok: false; readonly rejection: Rejection });

/** What is known of a stream: with its last event's hash the chain goes on. */
export interface Known<State> extends Loaded<State> {
  readonly hash: string;
}

export interface StreamName {
  readonly id: string;
  /** `<category>-<id>`, as the store knows it. */
  readonly name: string;
}

export interface SentCommand<Command> {
  readonly command: Command;
  readonly envelope: Envelope;
}

/** What a command came to, once the events of all are appended. `failed`: the command itself broke the decider. */
export type Outcome<State, Event> = HandleResult<State, Event> | { readonly failed: unknown };

export interface Decisions<State, Event> {
  /** The events of all commands in order, as they are to be appended: together, right after what was known. */
  readonly events: readonly NewEvent[];
  /** What is known of the stream once they are. */
  readonly next: Known<State>;
  /** One per command, from the first on: fewer than there are commands where one append would not hold all events. */
  readonly outcomes: readonly Outcome<State, Event>[];
}

/** What deciding takes of the world. */
export interface Deciding<State, Command, Event extends DomainEvent> {
  readonly decider: Decider<State, Command, Event>;
  readonly clock: Pick<Clock, 'now'>;
  /** Makes the UUID of an event. */
  readonly newId: () => string;
  readonly random: () => number;
}

/**
 * Decides commands to one stream one after the other, each on the state that those before it lead to. Appends nothing:
 * the outcomes hold once the events are in the store, and if they are not, none of it has happened.
 */
export function decideInTurn<State, Command, Event extends DomainEvent>(
  deciding: Deciding<State, Command, Event>,
  { stream, known }: { readonly stream: StreamName; readonly known: Known<State> },
  commands: readonly SentCommand<Command>[],
): Decisions<State, Event> {
  const { decider, clock, random } = deciding;
  let next = known;
  const events: NewEvent[] = [];
  const outcomes: Outcome<State, Event>[] = [];
  for (const { command, envelope } of commands) {
    try {
      const { state, revision } = next;
      const now = clock.now().toISOString();
      const decision = decider.decide(command, state, { now, random: random() });
      if (!decision.ok) {
        outcomes.push({ ok: false, rejection: decision.rejection, state, revision });
        continue;
      }
      const stamped = stamp(deciding, { stream, known: next }, decision.events, { envelope, now });
      if (events.length > 0 && events.length + stamped.events.length > maxEventsPerAppend) break;
      next = stamped.next;
      events.push(...stamped.events);
      outcomes.push({ ok: true, events: decision.events, state: next.state, revision: next.revision, position: null });
    } catch (failed) {
      outcomes.push({ failed });
    }
  }
  return { events, next, outcomes };
}

/** Gives proposed events their metadata and folds them into the state. */
function stamp<State, Command, Event extends DomainEvent>(
  { decider, newId }: Deciding<State, Command, Event>,
  { stream, known }: { readonly stream: StreamName; readonly known: Known<State> },
  proposed: readonly Event[],
  { envelope, now }: { readonly envelope: Envelope; readonly now: string },
): { readonly events: readonly NewEvent[]; readonly next: Known<State> } {
  let { state, revision, hash } = known;
  const events = proposed.map((one): NewEvent => {
    const schemaVersion = decider.schemaVersion(one);
    // Through the schema, so that what is folded, hashed and stored is exactly what a reader will parse.
    const event = decider.parseEvent(one.type, one.data, schemaVersion);
    const evolution = decider.evolve(state, event);
    if (!evolution.ok) throw new Error(`${decider.category} proposed an event that it refuses: ${evolution.drift}`);
    const metadata: Omit<EventMetadata, 'hash'> = {
      eventId: newId(),
      stream: stream.name,
      revision: revision + 1,
      occurredAt: now,
      actor: envelope.actor,
      correlationId: envelope.correlationId ?? stream.id,
      causationId: envelope.causationId ?? null,
      from: decider.stateValue(state),
      to: decider.stateValue(evolution.state),
      machineVersion: decider.machineVersion,
      schemaVersion,
      traceparent: envelope.traceparent ?? null,
    };
    const { type, data } = event;
    hash = eventHash(hash, { type, data, metadata });
    state = evolution.state;
    revision += 1;
    return { type, data, metadata: { ...metadata, hash } };
  });
  return { events, next: { state, revision, hash } };
}
