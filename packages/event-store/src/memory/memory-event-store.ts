import { randomUUID } from 'node:crypto';
import {
  type AppendResult,
  type EventStore,
  EventStoreUnavailable,
  type ExpectedRevision,
  type RecordedEvent,
} from '@yardmaster/application';
import type { EventMetadata } from '@yardmaster/domain';
import { type Bell, createBell, follow } from '../follow.ts';
import { fromPosition, toPosition } from '../number-position.ts';
import { type PreparedEvent, prepareAppend } from '../prepare-append.ts';

export interface MemoryEventStoreOptions {
  /** What is kept; a log of its own by default. Instances on one log see what the others append, as on one file. */
  readonly log?: MemoryLog;
  /** Identity of a log of its own. */
  readonly storeId?: string;
  /** Gives `recordedAt`; the system clock by default. */
  readonly now?: () => Date;
}

/** The events of a store, which outlive its instances. For {@link createMemoryEventStore} alone to look into. */
export interface MemoryLog {
  readonly storeId: string;
  readonly all: StoredEvent[];
  readonly streams: Map<string, StoredEvent[]>;
  /** One for each instance that runs. */
  readonly bells: Set<Bell>;
}

interface StoredEvent extends PreparedEvent {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
  readonly recordedAt: string;
}

/** The most events that a subscription yields at once. */
const maxBatchEvents = 1_000;

export function createMemoryLog(storeId: string = randomUUID()): MemoryLog {
  return { storeId, all: [], streams: new Map(), bells: new Set() };
}

/**
 * An event store in memory for tests and simulations: everything of the contract, as long as the process and the log
 * live. Every read parses the stored JSON anew, so that no reader can change what another one sees.
 */
export function createMemoryEventStore(options: MemoryEventStoreOptions = {}): EventStore {
  const { log = createMemoryLog(options.storeId), now = () => new Date() } = options;
  const { storeId, all, streams, bells } = log;
  const bell = createBell();
  bells.add(bell);

  const assertRunning = () => {
    if (bell.stopped) throw new EventStoreUnavailable('The event store has been stopped.');
  };

  const write = (stream: string, events: readonly PreparedEvent[]): AppendResult => {
    const stored = streams.get(stream) ?? [];
    streams.set(stream, stored);
    const recordedAt = now().toISOString();
    for (const event of events) {
      const recorded = { ...event, stream, revision: stored.length, position: all.length + 1, recordedAt };
      stored.push(recorded);
      all.push(recorded);
    }
    for (const each of bells) each.ring();
    return { ok: true, revision: stored.length - 1, position: toPosition(all.length) };
  };

  return {
    storeId,
    async append(stream, expectedRevision, newEvents) {
      assertRunning();
      const events = prepareAppend(stream, expectedRevision, newEvents);
      const stored = streams.get(stream) ?? [];
      const actualRevision = stored.length === 0 ? 'no_stream' : stored.length - 1;
      if (actualRevision === expectedRevision) return write(stream, events);
      return (
        findEarlierAppend(stored, expectedRevision, events) ?? {
          ok: false,
          code: 'wrong-expected-revision',
          stream,
          expectedRevision,
          actualRevision,
        }
      );
    },
    async readStream(stream, { fromRevision = 0, limit = Number.POSITIVE_INFINITY } = {}) {
      assertRunning();
      return (streams.get(stream) ?? []).slice(fromRevision, fromRevision + limit).map(toRecorded);
    },
    async readAll({ after, limit }) {
      assertRunning();
      const start = fromPosition(after);
      return all.slice(start, start + limit).map(toRecorded);
    },
    subscribeToAll({ after, signal } = {}) {
      let cursor = fromPosition(after);
      const next = () => {
        const batch = all.slice(cursor, cursor + maxBatchEvents).map(toRecorded);
        cursor += batch.length;
        return batch;
      };
      return follow({ bell, signal, next });
    },
    subscribeToStream(stream, { afterRevision = -1, signal } = {}) {
      let cursor = afterRevision + 1;
      const next = () => {
        const batch = (streams.get(stream) ?? []).slice(cursor, cursor + maxBatchEvents).map(toRecorded);
        cursor += batch.length;
        return batch;
      };
      return follow({ bell, signal, next });
    },
    async lastPosition() {
      assertRunning();
      return all.length === 0 ? null : toPosition(all.length);
    },
    comparePositions: (a, b) => fromPosition(a) - fromPosition(b),
    async stop() {
      bells.delete(bell);
      bell.stop();
    },
  };
}

/** The first result, when exactly these events were already appended at the expected revision. */
function findEarlierAppend(
  stored: readonly StoredEvent[],
  expectedRevision: ExpectedRevision,
  events: readonly PreparedEvent[],
): AppendResult | undefined {
  const first = expectedRevision === 'no_stream' ? 0 : expectedRevision + 1;
  const last = stored[first + events.length - 1];
  const same = events.every((event, index) => event.eventId === stored[first + index]?.eventId);
  return same && last !== undefined
    ? { ok: true, revision: last.revision, position: toPosition(last.position) }
    : undefined;
}

function toRecorded({ stream, revision, position, recordedAt, type, data, metadata }: StoredEvent): RecordedEvent {
  return {
    stream,
    revision,
    position: toPosition(position),
    recordedAt,
    type,
    data: JSON.parse(data),
    // Trusted: it was a checked EventMetadata when it was appended, and only this file could have changed it.
    metadata: JSON.parse(metadata) as EventMetadata,
  };
}
