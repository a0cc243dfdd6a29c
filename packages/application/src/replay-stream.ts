import type { Decider, DomainEvent, StateValue } from '@yardmaster/domain';
import { canonicalJson } from './hash-chain.ts';
import type { RecordedEvent } from './ports/event-store.ts';

/** A stored history that the model of today does not reproduce: named, so that the stream can be set aside. */
export class StreamDrift extends Error {
  readonly code = 'stream-drift';
  override readonly name = 'StreamDrift';
  readonly stream: string;
  readonly revision: number;

  constructor(stream: string, revision: number, reason: string) {
    super(`${stream} drifts at revision ${revision}: ${reason}`);
    this.stream = stream;
    this.revision = revision;
  }
}

/**
 * Folds recorded events into `state`, one after the other. Every event must be one that the model accepts, and must lead
 * to the state value that was recorded with it; anything else throws {@link StreamDrift}.
 */
export function replayEvents<State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
  state: State,
  events: readonly RecordedEvent[],
): State {
  return events.reduce((current, event) => replayEvent(decider, current, event), state);
}

function replayEvent<State, Command, Event extends DomainEvent>(
  decider: Decider<State, Command, Event>,
  state: State,
  recorded: RecordedEvent,
): State {
  const { stream, revision, type, data, metadata } = recorded;
  let event: Event;
  try {
    event = decider.parseEvent(type, data, metadata.schemaVersion);
  } catch (error) {
    throw new StreamDrift(stream, revision, `${type} has data that no schema accepts: ${String(error)}`);
  }
  const evolution = decider.evolve(state, event);
  if (!evolution.ok) throw new StreamDrift(stream, revision, evolution.drift);
  const reached = decider.stateValue(evolution.state);
  if (!sameStateValue(reached, metadata.to)) {
    const [now, then] = [JSON.stringify(reached), JSON.stringify(metadata.to)];
    throw new StreamDrift(stream, revision, `${type} leads to ${now}; recorded was ${then}.`);
  }
  return evolution.state;
}

const sameStateValue = (a: StateValue, b: StateValue) => canonicalJson(a) === canonicalJson(b);
