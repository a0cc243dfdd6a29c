import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, { type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { WireEvent } from './stored-form.ts';
import { tombstoneRevision, tombstoneType } from './stream-metadata.ts';
import type { LogEntry } from './wire-log.ts';

export function confirmation(): ReadResp {
  const confirmed = new streams.ReadResp.SubscriptionConfirmation();
  return new streams.ReadResp().setConfirmation(confirmed.setSubscriptionId(crypto.randomUUID()));
}

export function streamNotFound(stream: string): ReadResp {
  const missing = new streams.ReadResp.StreamNotFound();
  return new streams.ReadResp().setStreamNotFound(missing.setStreamIdentifier(identifierOf(stream)));
}

export function eventMessage({ stream, revision, position, recordedAt }: LogEntry, event: WireEvent): ReadResp {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent();
  recorded.setId(new shared.UUID().setString(event.id));
  recorded.setStreamIdentifier(identifierOf(stream));
  recorded.setStreamRevision(String(event.type === tombstoneType ? tombstoneRevision : revision));
  recorded.setCommitPosition(String(position)).setPreparePosition(String(position));
  recorded.setData(event.data).setCustomMetadata(event.customMetadata);
  const metadata = recorded.getMetadataMap();
  metadata.set('type', event.type).set('content-type', event.contentType);
  // In units of 100 ns.
  metadata.set('created', `${Date.parse(recordedAt)}0000`);
  const message = new streams.ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(String(position));
  return new streams.ReadResp().setEvent(message);
}

const identifierOf = (stream: string) => new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
