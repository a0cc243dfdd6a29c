import type { NewEvent, RecordedEvent } from '@yardmaster/application';
import { EventMetadata } from '@yardmaster/domain';
import { z } from 'zod';

/** An event as it travels: what the client sent is what every client receives, byte for byte. */
export interface WireEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly customMetadata: Uint8Array;
}

const jsonType = 'application/json';

/** Marks what is stored in {@link Wrapped} form. */
const wrapper = 'wire-server';

/** Bytes that are no event of ours, as data of one: both members are base64. */
const Wrapped = z.object({ contentType: z.string(), data: z.string(), customMetadata: z.string() });

/**
 * What is stored for an event that was sent. An event of ours is stored as what it is, so that the store can be read
 * beside the server; any other (the adapter's store id, another program's) is wrapped whole into one that the store takes.
 */
export function toStored(stream: string, event: WireEvent): NewEvent {
  return asOurs(event) ?? wrap(stream, event);
}

function asOurs(event: WireEvent): NewEvent | undefined {
  if (event.contentType !== jsonType) return undefined;
  const data = parseExactly(event.data);
  const metadata = parseExactly(event.customMetadata);
  if (data === undefined || metadata === undefined) return undefined;
  const { success } = EventMetadata.safeParse(metadata.value);
  if (!success) return undefined;
  // Checked just above; parsing would have dropped members that the schema does not name.
  return { type: event.type, data: data.value, metadata: metadata.value as EventMetadata };
}

/** Undefined unless writing the value again gives the same bytes. */
function parseExactly(bytes: Uint8Array): { readonly value: unknown } | undefined {
  const text = Buffer.from(bytes).toString();
  try {
    const value: unknown = JSON.parse(text);
    return Buffer.from(JSON.stringify(value)).equals(bytes) ? { value } : undefined;
  } catch {
    return undefined;
  }
}

function wrap(stream: string, { id, type, contentType, data, customMetadata }: WireEvent): NewEvent {
  return {
    type,
    data: { contentType, data: toBase64(data), customMetadata: toBase64(customMetadata) },
    metadata: {
      eventId: id,
      stream,
      revision: 0,
      occurredAt: new Date().toISOString(),
      actor: { kind: 'system', name: wrapper },
      correlationId: id,
      causationId: null,
      from: 'none',
      to: 'none',
      machineVersion: 1,
      schemaVersion: 1,
      traceparent: null,
      hash: '0'.repeat(64),
    },
  };
}

export function toWireEvent({ type, data, metadata }: RecordedEvent): WireEvent {
  if (metadata.actor.kind === 'system' && metadata.actor.name === wrapper) {
    const wrapped = Wrapped.parse(data);
    return {
      id: metadata.eventId,
      type,
      contentType: wrapped.contentType,
      data: Buffer.from(wrapped.data, 'base64'),
      customMetadata: Buffer.from(wrapped.customMetadata, 'base64'),
    };
  }
  const [dataBytes, metadataBytes] = [data, metadata].map((value) => Buffer.from(JSON.stringify(value)));
  return {
    id: metadata.eventId,
    type,
    contentType: jsonType,
    data: dataBytes ?? new Uint8Array(),
    customMetadata: metadataBytes ?? new Uint8Array(),
  };
}

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
