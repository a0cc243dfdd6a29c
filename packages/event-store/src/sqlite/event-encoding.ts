import { EventUnreadable, type RecordedEvent } from '@yardmaster/application';
import type { EventMetadata } from '@yardmaster/domain';
import { toPosition } from '../number-position.ts';
import type { PreparedAppend } from './append-queue.ts';
import type { RecentBatch } from './recent-events.ts';
import {
  appendOutcome,
  type BatchReply,
  type FlatAppends,
  fieldsPerEvent,
  noStream,
  type PageReply,
} from './thread-messages.ts';

/** A batch as the store's thread takes it. */
export function flattenAppends(batch: readonly PreparedAppend[]): FlatAppends {
  const flat: (string | number)[] = [];
  for (const { stream, expectedRevision, events } of batch) {
    flat.push(stream, expectedRevision === 'no_stream' ? noStream : expectedRevision, events.length);
    for (const { eventId, type, data, metadata } of events) flat.push(eventId, type, data, metadata);
  }
  return flat;
}

export function toRecordedEvents({ fields }: PageReply): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  for (let at = 0; at < fields.length; at += fieldsPerEvent) {
    // The layout is PageReply's.
    const [stream, revision, position, recordedAtMs, type, data, metadata] = fields.slice(at, at + fieldsPerEvent) as [
      string,
      number,
      number,
      number,
      string,
      string,
      string,
    ];
    events.push(
      toRecordedEvent({ stream, revision, position, recordedAt: isoTime(recordedAtMs), type, data, metadata }),
    );
  }
  return events;
}

/** The new events of a batch that was written, as reading them back would give them. */
export function toRecentBatch(batch: readonly PreparedAppend[], reply: BatchReply): RecentBatch {
  const recordedAt = isoTime(reply.recordedAtMs);
  const events: RecordedEvent[] = [];
  let characters = 0;
  for (const [index, append] of batch.entries()) {
    const [outcome, lastRevision = 0, lastPosition = 0] = reply.outcomes.slice(index * 3, index * 3 + 3);
    if (outcome !== appendOutcome.written) continue;
    for (const [nth, { type, data, metadata }] of append.events.entries()) {
      const back = append.events.length - 1 - nth;
      const [revision, position] = [lastRevision - back, lastPosition - back];
      events.push(toRecordedEvent({ stream: append.stream, revision, position, recordedAt, type, data, metadata }));
      characters += data.length + metadata.length;
    }
  }
  return { events, after: reply.previousPosition, characters };
}

interface StoredFields {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
  readonly recordedAt: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

function toRecordedEvent({
  stream,
  revision,
  position,
  recordedAt,
  type,
  data,
  metadata,
}: StoredFields): RecordedEvent {
  try {
    return {
      stream,
      revision,
      position: toPosition(position),
      recordedAt,
      type,
      data: JSON.parse(data),
      metadata: parseMetadata(metadata),
    };
  } catch (cause) {
    throw new EventUnreadable({ stream, revision, position: toPosition(position) }, cause);
  }
}

/** Trusted: an EventMetadata when this adapter stored it. Whether it was altered since, the hash chain tells. */
function parseMetadata(text: string): EventMetadata {
  const metadata: unknown = JSON.parse(text);
  if (typeof metadata !== 'object' || metadata === null) throw new TypeError('The metadata is no object.');
  return metadata as EventMetadata;
}

let lastMs = Number.NaN;
let lastIso = '';

/** Consecutive events often share their moment, and formatting it costs as much as parsing the event. */
function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastMs = ms;
    lastIso = new Date(ms).toISOString();
  }
  return lastIso;
}
