import type { Actor, Decider, DomainEvent, EventMetadata, Rejection } from '@yardmaster/domain';
import { eventHash, genesisHash } from './hash-chain.ts';
import type { Clock } from './ports/clock.ts';
import type { EventStore, ExpectedRevision, NewEvent, Position } from './ports/event-store.ts';
import { replayEvents } from './replay-stream.ts';

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

export type HandleResult<State, Event> =
  | (Loaded<State> & {
      readonly ok: true;
      readonly events: readonly Event[];
      /** Of the last appended event; null when the command had already taken effect. */
      readonly position: Position | null;
    })
  | (Loaded<State> & { readonly ok: false; readonly rejection: Rejection });

/**
 * One actor per stream: commands to one stream are handled one at a time in the order of their arrival, those to
 * different streams side by side. An actor keeps its state in memory and leaves when idle; the store stays the only
 * truth, so any number of processes may have an actor for the same stream.
 */
export interface StreamActors<State, Command, Event> {
  /**
   * Decides on the current state and appends what was decided. A lost race (another process appended first) is decided
   * again on the new state, at most {@link maxConflicts} times. Throws when the store is unavailable (the outcome is then
   * unknown: send the command again), the stream has drifted, or the mailbox is full.
   */
  handle(id: string, command: Command, envelope: Envelope): Promise<HandleResult<State, Event>>;
  /** The state at `atLeastRevision` or later. */
  load(id: string, options?: { readonly atLeastRevision?: number }): Promise<Loaded<State>>;
}

export const maxConflicts = 10;
/** Commands that may wait for one stream. */
export const maxMailboxLength = 1_000;
/** Actors that are kept in memory while idle, and for how long. */
export const maxIdleActors = 2_000;
export const passivateAfterMs = 60_000;

export class MailboxFull extends Error {
  readonly code = 'mailbox-full';
  override readonly name = 'MailboxFull';
}

interface Cell<State> extends Loaded<State> {
  readonly hash: string;
}

interface ActorEntry<State> {
  cell: Cell<State> | null;
  waiting: number;
  tail: Promise<unknown>;
  usedAtMs: number;
}

export interface StreamActorsOptions<State, Command, Event extends DomainEvent> {
  readonly store: EventStore;
  readonly decider: Decider<State, Command, Event>;
  readonly clock: Clock;
  /** Makes the UUID of an event. */
  readonly newId: () => string;
  readonly random: () => number;
}

export function createStreamActors<State, Command, Event extends DomainEvent>(
  options: StreamActorsOptions<State, Command, Event>,
): StreamActors<State, Command, Event> {
  const { store, decider, clock } = options;
  const entries = new Map<string, ActorEntry<State>>();

  return {
    handle: (id, command, envelope) => inMailbox(id, (entry) => handleCommand(id, entry, command, envelope)),
    load: (id, { atLeastRevision = 0 } = {}) =>
      inMailbox(id, async (entry) => {
        const cached = entry.cell;
        return cached !== null && cached.revision >= atLeastRevision ? cached : await catchUp(id, entry);
      }),
  };

  function inMailbox<Result>(id: string, work: (entry: ActorEntry<State>) => Promise<Result>): Promise<Result> {
    const entry = entries.get(id) ?? { cell: null, waiting: 0, tail: Promise.resolve(), usedAtMs: 0 };
    if (entry.waiting >= maxMailboxLength) {
      return Promise.reject(new MailboxFull(`${maxMailboxLength} commands wait for ${decider.category}-${id}.`));
    }
    entries.delete(id); // Entries are kept in the order of their last use.
    entries.set(id, entry);
    entry.waiting += 1;
    const result = entry.tail.then(() => work(entry));
    entry.tail = result
      .catch(() => {
        entry.cell = null; // After a failure nothing in memory is believed.
      })
      .then(() => {
        entry.waiting -= 1;
        entry.usedAtMs = clock.monotonicMs();
        passivate();
      });
    return result;
  }

  function passivate(): void {
    const idleSinceMs = clock.monotonicMs() - passivateAfterMs;
    for (const [id, entry] of entries) {
      if (entries.size <= maxIdleActors && entry.usedAtMs > idleSinceMs) return;
      if (entry.waiting === 0) entries.delete(id);
    }
  }

  async function handleCommand(
    id: string,
    entry: ActorEntry<State>,
    command: Command,
    envelope: Envelope,
  ): Promise<HandleResult<State, Event>> {
    let fresh = entry.cell === null;
    let cell = entry.cell ?? (await catchUp(id, entry));
    for (let conflicts = 0; conflicts < maxConflicts; ) {
      const now = clock.now().toISOString();
      const decision = decider.decide(command, cell.state, { now, random: options.random() });
      const settles = decision.ok && decision.events.length > 0;
      if (!settles && !fresh) {
        // Nothing would be appended, so no expected revision would reveal that this state is outdated.
        const { revision } = cell;
        cell = await catchUp(id, entry);
        fresh = true;
        if (cell.revision !== revision) continue;
      }
      const { state, revision } = cell;
      if (!decision.ok) return { ok: false, rejection: decision.rejection, state, revision };
      if (!settles) return { ok: true, events: [], state, revision, position: null };

      const { stored, next } = stamp(id, cell, decision.events, { envelope, now });
      const expected: ExpectedRevision = revision === -1 ? 'no_stream' : revision;
      const appended = await store.append(streamName(id), expected, stored);
      if (appended.ok) {
        entry.cell = next;
        return {
          ok: true,
          events: decision.events,
          state: next.state,
          revision: next.revision,
          position: appended.position,
        };
      }
      conflicts += 1;
      cell = await catchUp(id, entry);
      fresh = true;
    }
    throw new Error(`${streamName(id)} changed ${maxConflicts} times while one command was handled.`);
  }

  /** Reads what was appended since the cached state, or the whole stream. */
  async function catchUp(id: string, entry: ActorEntry<State>): Promise<Cell<State>> {
    const known = entry.cell ?? { state: decider.initialState(), revision: -1, hash: genesisHash };
    const events = await store.readStream(streamName(id), { fromRevision: known.revision + 1 });
    const last = events.at(-1);
    const state = replayEvents(decider, known.state, events);
    entry.cell = last === undefined ? known : { state, revision: last.revision, hash: last.metadata.hash };
    return entry.cell;
  }

  /** Gives proposed events their metadata and folds them into the state. */
  function stamp(
    id: string,
    cell: Cell<State>,
    events: readonly Event[],
    { envelope, now }: { readonly envelope: Envelope; readonly now: string },
  ): { stored: readonly NewEvent[]; next: Cell<State> } {
    let { state, revision, hash } = cell;
    const stored = events.map((proposed): NewEvent => {
      const schemaVersion = decider.schemaVersion(proposed);
      // Through the schema, so that what is folded, hashed and stored is exactly what a reader will parse.
      const event = decider.parseEvent(proposed.type, proposed.data, schemaVersion);
      const evolution = decider.evolve(state, event);
      if (!evolution.ok) throw new Error(`${decider.category} proposed an event that it refuses: ${evolution.drift}`);
      const metadata: Omit<EventMetadata, 'hash'> = {
        eventId: options.newId(),
        stream: streamName(id),
        revision: revision + 1,
        occurredAt: now,
        actor: envelope.actor,
        correlationId: envelope.correlationId ?? id,
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
    return { stored, next: { state, revision, hash } };
  }

  function streamName(id: string): string {
    return `${decider.category}-${id}`;
  }
}
