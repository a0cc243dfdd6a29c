import type { AllStreamResolvedEvent, Position as LogPosition, ResolvedEvent } from '@eventstore/db-client';
import { jsonEvent } from '@eventstore/db-client';
import type { Position, RecordedEvent } from '@yardmaster/application';
import type { EventMetadata } from '@yardmaster/domain';
import type { PreparedEvent } from '../prepare-append.ts';

/** A record as the server sends it, from a stream or from $all. */
export type StoredRecord = NonNullable<ResolvedEvent['event']>;

const positionText = /^(\d{1,20})\/(\d{1,20})$/;

/** Positions are `<commit>/<prepare>`: offsets in the server's log, ordered and with gaps. */
export const toPosition = ({ commit, prepare }: LogPosition): Position => `${commit}/${prepare}` as Position;

/** Throws a RangeError for a position that another kind of store made. */
export function fromPosition(position: Position): LogPosition {
  const [, commit, prepare] = positionText.exec(position) ?? [];
  if (commit === undefined || prepare === undefined) {
    throw new RangeError(`"${position}" is no position of this store.`);
  }
  return { commit: BigInt(commit), prepare: BigInt(prepare) };
}

export function compareLogPositions(a: LogPosition, b: LogPosition): number {
  if (a.commit !== b.commit) return a.commit < b.commit ? -1 : 1;
  if (a.prepare !== b.prepare) return a.prepare < b.prepare ? -1 : 1;
  return 0;
}

/** What the client is given: data and metadata are JSON, and the event's id is the metadata's. */
export function toProposed({ eventId, type, data, metadata }: PreparedEvent) {
  // The client writes data as JSON itself; metadata it takes as bytes.
  return jsonEvent({ id: eventId, type, data: JSON.parse(data), metadata: new TextEncoder().encode(metadata) });
}

/** A link is read as the record it is: links are never followed. */
export function recordOf(resolved: ResolvedEvent | AllStreamResolvedEvent): StoredRecord {
  const record = resolved.link ?? resolved.event;
  if (record === undefined) throw new Error('EventStoreDB sent an event without a record.');
  return record;
}

/** A server before 22.6 gives no positions when a stream is read; opening the store has refused those. */
export function logPositionOf(record: StoredRecord): LogPosition {
  if (record.position === undefined) throw new Error('EventStoreDB sent an event without a position.');
  return record.position;
}

/**
 * The events among these records, with the names of their streams as we know them: the server's own, links, what other
 * programs wrote and streams without the prefix are left out.
 */
export const toRecorded = (records: readonly StoredRecord[], streamPrefix: string): RecordedEvent[] =>
  records.flatMap((record) => (isOurs(record, streamPrefix) ? [recorded(record, streamPrefix)] : []));

/** Ours carry their own id in the metadata too: no link does, no copy, and nothing that another program writes. */
function isOurs({ id, metadata, streamId }: StoredRecord, streamPrefix: string): boolean {
  if (typeof metadata !== 'object' || metadata === null || !('eventId' in metadata)) return false;
  return sameId(id, metadata.eventId) && streamId.startsWith(streamPrefix);
}

/** The server may write a UUID in small letters where it was given large ones. */
export const sameId = (a: string, b: unknown): boolean => typeof b === 'string' && a.toLowerCase() === b.toLowerCase();

function recorded(record: StoredRecord, streamPrefix: string): RecordedEvent {
  return {
    stream: record.streamId.slice(streamPrefix.length),
    revision: Number(record.revision),
    position: toPosition(logPositionOf(record)),
    recordedAt: record.created.toISOString(),
    type: record.type,
    data: record.data,
    // It was an EventMetadata when it was appended; the hash chain finds out whether it still is the same.
    metadata: record.metadata as unknown as EventMetadata,
  };
}
