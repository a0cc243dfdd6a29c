import {
  type Decider,
  type DomainEvent,
  type Evolution,
  NewerSchemaVersion,
  type StateValue,
} from '@yardmaster/domain';
import { z } from 'zod';
import { canonicalJson } from './hash-chain.ts';
import type { RecordedEvent } from './ports/event-store.ts';

/** A stored history that cannot be read or that the model of today does not reproduce: named, so that the stream can be set aside. */
export class StreamDrift extends Error {
  readonly code = 'stream-drift';
  override readonly name = 'StreamDrift';
  readonly stream: string;
  readonly revision: number;
  readonly reason: string;

  constructor(stream: string, revision: number, reason: string, options?: ErrorOptions) {
    super(`${stream} drifts at revision ${revision}: ${reason}`, options);
    this.stream = stream;
    this.revision = revision;
    this.reason = reason;
  }
}

/**
 * Folds recorded events into `state`, one after the other, as {@link replayEvent} does with each of them.
 */
export function replayEvents<State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
  state: State,
  events: readonly RecordedEvent[],
): State {
  return events.reduce((current, event) => replayEvent(decider, current, event), state);
}

/**
 * The state after one more recorded event. It must be one that the model accepts, and must lead to the state value that
 * was recorded with it, whichever version of the model recorded it; anything else throws {@link StreamDrift}.
 */
export function replayEvent<State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
  state: State,
  recorded: RecordedEvent,
): State {
  const { stream, revision, type, data, metadata } = recorded;
  const versions = otherVersion(decider.machineVersion, metadata.machineVersion);
  const drift = (reason: string, cause?: unknown) =>
    new StreamDrift(stream, revision, `${reason}${versions}`, { cause });

  let event: Event;
  try {
    event = decider.parseEvent(type, data, metadata.schemaVersion);
  } catch (error) {
    if (error instanceof NewerSchemaVersion) throw drift(error.message, error);
    throw drift(`${type} has data that no schema accepts: ${problemsOf(error)}.`, error);
  }
  let evolution: Evolution<State>;
  try {
    evolution = decider.evolve(state, event);
  } catch (error) {
    // A fault of the model that only some histories bring up is no reason to hold up the others.
    throw drift(`${type} breaks the model: ${problemsOf(error)}.`, error);
  }
  if (!evolution.ok) throw drift(evolution.drift);
  const reached = decider.stateValue(evolution.state);
  if (!sameStateValue(reached, metadata.to)) {
    const [now, then] = [JSON.stringify(reached), JSON.stringify(metadata.to)];
    throw drift(`${type} leads to ${now}; recorded was ${then}.`);
  }
  return evolution.state;
}

/** A difference in version does not excuse drift; it says where to look for the cause. */
function otherVersion(today: number, recorded: number): string {
  return recorded === today ? '' : ` It was recorded by version ${recorded} of the model; this program has ${today}.`;
}

function problemsOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return error instanceof Error ? error.message : String(error);
  return error.issues.map(({ path, message }) => `${path.join('.') || 'event'}: ${message}`).join('; ');
}

const sameStateValue = (a: StateValue, b: StateValue) => canonicalJson(a) === canonicalJson(b);
