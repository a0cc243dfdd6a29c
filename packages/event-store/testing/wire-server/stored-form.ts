import { createHash } from 'node:crypto';
import type { NewEvent, RecordedEvent } from '@yardmaster/application';
import { EventMetadata } from '@yardmaster/domain';
import { z } from 'zod';
import { isStreamName } from '../../src/prepare-append.ts';

/** An event as it travels: what the client sent is what every client receives, byte for byte. */
export interface WireEvent {
  /** A UUID in small letters. */
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly customMetadata: Uint8Array;
}

export const jsonType = 'application/json';
export const binaryType = 'application/octet-stream';

/** Marks what is stored in {@link Wrapped} form. */
const wrapper = 'wire-server';

/** An event that is none of ours, as data of one: `data` and `customMetadata` are base64. */
const Wrapped = z.object({
  stream: z.string(),
  id: z.string(),
  contentType: z.string(),
  data: z.string(),
  customMetadata: z.string(),
});

/** Where streams are kept whose name the store would not take, such as `$$order-1`. */
const otherStreams = 'wireStream-';

/** The store's name of a stream. Events have the same revisions in both. */
export function storedStreamOf(stream: string): string {
  if (isStreamName(stream) && !stream.startsWith(otherStreams)) return stream;
  return `${otherStreams}${createHash('sha256').update(stream).digest('hex')}`;
}

/**
 * What is stored for an event that was sent. An event of ours is stored as what it is, so that the store can be read
 * beside the server; any other (the adapter's store id, another program's) is wrapped whole into one that the store takes.
 */
export function toStored(stream: string, event: WireEvent): NewEvent {
  return (storedStreamOf(stream) === stream ? asOurs(event) : undefined) ?? wrap(stream, event);
}

function asOurs({ id, type, contentType, data: dataBytes, customMetadata }: WireEvent): NewEvent | undefined {
  if (contentType !== jsonType) return undefined;
  const data = parseExactly(dataBytes);
  const metadata = parseExactly(customMetadata);
  if (data === undefined || metadata === undefined || !isOurMetadata(metadata.value)) return undefined;
  if (metadata.value.eventId.toLowerCase() !== id || isWrapped(metadata.value)) return undefined;
  return { type, data: data.value, metadata: metadata.value };
}

/** Asked without parsing: that would drop members which the schema does not name. */
const isOurMetadata = (value: unknown): value is EventMetadata => EventMetadata.safeParse(value).success;

const isWrapped = ({ actor }: EventMetadata): boolean => actor.kind === 'system' && actor.name === wrapper;

/** Undefined unless writing the value again gives the same bytes. */
function parseExactly(bytes: Uint8Array): { readonly value: unknown } | undefined {
  const text = Buffer.from(bytes).toString();
  try {
    const value: unknown = JSON.parse(text);
    // The bytes are compared as well: what is no UTF-8 has become another text.
    return JSON.stringify(value) === text && Buffer.from(text).equals(bytes) ? { value } : undefined;
  } catch {
    return undefined;
  }
}

function wrap(stream: string, { id, type, contentType, data, customMetadata }: WireEvent): NewEvent {
  return {
    type,
    data: { stream, id, contentType, data: toBase64(data), customMetadata: toBase64(customMetadata) },
    metadata: {
      // The store takes an id once in an append; the server takes what is sent.
      eventId: crypto.randomUUID(),
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

/** What an index needs to know of an event, without the cost of its data. */
export function identityOf({ stream, data, metadata }: RecordedEvent): {
  readonly stream: string;
  readonly id: string;
} {
  if (isWrapped(metadata)) return Wrapped.parse(data);
  return { stream, id: metadata.eventId.toLowerCase() };
}

export function toWireEvent({ type, data, metadata }: RecordedEvent): WireEvent {
  if (!isWrapped(metadata)) {
    const id = metadata.eventId.toLowerCase();
    return { id, type, contentType: jsonType, data: jsonBytes(data), customMetadata: jsonBytes(metadata) };
  }
  const wrapped = Wrapped.parse(data);
  return {
    id: wrapped.id,
    type,
    contentType: wrapped.contentType,
    data: Buffer.from(wrapped.data, 'base64'),
    customMetadata: Buffer.from(wrapped.customMetadata, 'base64'),
  };
}

const jsonBytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
