import type { DomainEvent } from '@yardmaster/domain';
import {
  type Deciding,
  type Decisions,
  decideInTurn,
  type Envelope,
  type HandleResult,
  type Known,
  type Loaded,
  type SentCommand,
  type StreamName,
} from './decide-in-turn.ts';
import { genesisHash } from './hash-chain.ts';
import type { Clock } from './ports/clock.ts';
import { type EventStore, InvalidAppend, type Position, StreamUnreadable } from './ports/event-store.ts';
import { replayEvents, StreamDrift } from './replay-stream.ts';

export type { Envelope, HandleResult, Loaded } from './decide-in-turn.ts';

/**
 * One actor per stream: commands to one stream are decided one after the other in the order of their arrival, those to
 * different streams side by side. An actor keeps its state in memory and leaves when idle; the store stays the only
 * truth, so any number of processes may have an actor for the same stream.
 */
export interface StreamActors<State, Command, Event> {
  /**
   * Decides on the current state and appends what was decided. A lost race (another process appended first) is decided
   * again on the new state, at most {@link maxConflicts} times. Throws when the store is unavailable (the outcome is then
   * unknown: send the command again), the stream has drifted or cannot be read, or the mailbox is full.
   *
   * Commands that come while an append is under way are decided together and appended as one. Nobody can tell, but by
   * the speed: each is decided on what those before it lead to and gets its own result, after the append has succeeded.
   */
  handle(id: string, command: Command, envelope: Envelope): Promise<HandleResult<State, Event>>;
  /**
   * The state as it is now, whichever process has appended last. With `atLeastRevision` one that this process remembers is
   * enough, if it is of that revision or a later one.
   */
  load(id: string, options?: { readonly atLeastRevision?: number }): Promise<Loaded<State>>;
}

export const maxConflicts = 10;
/** Commands, and besides them readers, that may wait for one stream. */
export const maxMailboxLength = 1_000;
/** Commands whose events go into one append, as far as the store's own bound on events allows. */
export const maxCommandsPerAppend = 100;
/** Actors that are kept in memory while idle, and for how long. */
export const maxIdleActors = 2_000;
export const passivateAfterMs = 60_000;

export class MailboxFull extends Error {
  readonly code = 'mailbox-full';
  override readonly name = 'MailboxFull';
}

/** Somebody who waits for an answer. */
interface Waiting<Result> {
  resolve(result: Result): void;
  reject(error: unknown): void;
}

interface StreamActor<State, Command, Event> {
  readonly stream: StreamName;
  /** What is in the store for certain, as far as this process has seen; null when that is nothing. */
  known: Known<State> | null;
  readonly mailbox: (SentCommand<Command> & Waiting<HandleResult<State, Event>>)[];
  readonly readers: Waiting<Loaded<State>>[];
  isBusy: boolean;
  usedAtMs: number;
}

export interface StreamActorsOptions<State, Command, Event extends DomainEvent>
  extends Deciding<State, Command, Event> {
  readonly store: EventStore;
  readonly clock: Clock;
}

export function createStreamActors<State, Command, Event extends DomainEvent>(
  options: StreamActorsOptions<State, Command, Event>,
): StreamActors<State, Command, Event> {
  type Actor = StreamActor<State, Command, Event>;
  const { store, decider, clock } = options;
  const actors = new Map<string, Actor>();

  return {
    handle: (id, command, envelope) =>
      new Promise((resolve, reject) => {
        const actor = actorOf(id);
        post(actor, actor.mailbox, { resolve, reject, command, envelope });
      }),
    load: (id, { atLeastRevision = Number.POSITIVE_INFINITY } = {}) =>
      new Promise((resolve, reject) => {
        const actor = actorOf(id);
        const { known } = actor;
        if (known !== null && known.revision >= atLeastRevision) resolve(known);
        else post(actor, actor.readers, { resolve, reject });
      }),
  };

  function actorOf(id: string): Actor {
    const stream = { id, name: `${decider.category}-${id}` };
    const actor = actors.get(id) ?? { stream, known: null, mailbox: [], readers: [], isBusy: false, usedAtMs: 0 };
    actors.delete(id); // Actors are kept in the order of their last use.
    actors.set(id, actor);
    return actor;
  }

  function post<Letter extends Waiting<never>>(actor: Actor, letters: Letter[], letter: Letter): void {
    if (letters.length >= maxMailboxLength) {
      letter.reject(new MailboxFull(`${maxMailboxLength} commands wait for ${actor.stream.name}.`));
      return;
    }
    letters.push(letter);
    if (!actor.isBusy) void work(actor);
  }

  /** Goes on until nobody waits. Never rejects: who waits is told. */
  async function work(actor: Actor): Promise<void> {
    actor.isBusy = true;
    await null; // Commands that are sent in one breath belong together.
    for (let atMost = maxCommandsPerAppend; actor.mailbox.length > 0 || actor.readers.length > 0; ) {
      if (actor.readers.length > 0) await answerReaders(actor);
      const commands = actor.mailbox.slice(0, atMost);
      atMost = maxCommandsPerAppend;
      try {
        if (commands.length > 0) await handleTogether(actor, commands);
      } catch (error) {
        actor.known = null; // After a failure nothing in memory is believed.
        // Too much for one append, or one command is at fault: nothing was appended, and the others get their turn.
        if (error instanceof InvalidAppend && commands.length > 1) atMost = Math.ceil(commands.length / 2);
        else for (const { reject } of actor.mailbox.splice(0, commands.length)) reject(asDrift(actor, error));
      }
    }
    actor.isBusy = false;
    actor.usedAtMs = clock.monotonicMs();
    passivate();
  }

  /** Those who wait for what is in the store are all served by reading it once. */
  async function answerReaders(actor: Actor): Promise<void> {
    const readers = actor.readers.splice(0);
    try {
      const known = await catchUp(actor);
      for (const { resolve } of readers) resolve(known);
    } catch (error) {
      actor.known = null;
      for (const { reject } of readers) reject(asDrift(actor, error));
    }
  }

  /**
   * Handles the first commands of the mailbox: decides them all, appends what they came to, and takes out those that are
   * answered. Nobody is answered before the append has succeeded; what is thrown concerns all of them.
   */
  async function handleTogether(actor: Actor, commands: readonly SentCommand<Command>[]): Promise<void> {
    const { stream } = actor;
    let isFresh = actor.known === null;
    let known = actor.known ?? (await catchUp(actor));
    for (let conflicts = 0; conflicts < maxConflicts; ) {
      const decisions = decideInTurn(options, { stream, known }, commands);
      if (decisions.events.length > 0) {
        const expected = known.revision === -1 ? 'no_stream' : known.revision;
        const appended = await store.append(stream.name, expected, decisions.events);
        if (appended.ok) {
          actor.known = decisions.next;
          return answer(actor, decisions, appended.position);
        }
        conflicts += 1;
      } else if (isFresh) {
        return answer(actor, decisions, null);
      }
      // Another process was first; or nothing is to be appended, so no wrong revision would tell that one was.
      known = await catchUp(actor);
      isFresh = true;
    }
    throw new Error(`${stream.name} changed ${maxConflicts} times while one command was handled.`);
  }

  function answer({ mailbox }: Actor, { outcomes }: Decisions<State, Event>, position: Position | null): void {
    const answered = mailbox.splice(0, outcomes.length);
    for (const [index, { resolve, reject }] of answered.entries()) {
      const outcome = outcomes[index];
      if (outcome === undefined) continue;
      if ('failed' in outcome) reject(outcome.failed);
      else resolve(outcome.ok && outcome.events.length > 0 ? { ...outcome, position } : outcome);
    }
  }

  /** Reads what was appended since the known state, or the whole stream. */
  async function catchUp(actor: Actor): Promise<Known<State>> {
    const known = actor.known ?? { state: decider.initialState(), revision: -1, hash: genesisHash };
    const events = await store.readStream(actor.stream.name, { fromRevision: known.revision + 1 });
    const last = events.at(-1);
    const state = replayEvents(decider, known.state, events);
    actor.known = last === undefined ? known : { state, revision: last.revision, hash: last.metadata.hash };
    return actor.known;
  }

  /** What the store cannot give back no model reproduces: the stream is set aside as one that drifts, and nobody waits. */
  function asDrift({ stream }: Actor, error: unknown): unknown {
    if (!(error instanceof StreamUnreadable)) return error;
    return new StreamDrift(stream.name, error.revision, error.message, { cause: error });
  }

  function passivate(): void {
    const idleSinceMs = clock.monotonicMs() - passivateAfterMs;
    for (const [id, actor] of actors) {
      if (actors.size <= maxIdleActors && actor.usedAtMs > idleSinceMs) return;
      if (!actor.isBusy) actors.delete(id);
    }
  }
}
