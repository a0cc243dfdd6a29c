import { createHash } from 'node:crypto';
import type { EventMetadata } from '@yardmaster/domain';
import type { RecordedEvent } from './ports/event-store.ts';

/** What the first event of a stream is chained to. */
export const genesisHash = '0'.repeat(64);

interface ChainedEvent {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: Omit<EventMetadata, 'hash'>;
}

/**
 * The hash of an event: SHA-256 (hex) over the hash before it in the stream and the event's canonical JSON: type, data
 * and metadata as stored, without the hash itself and without what the store adds (position, recorded-at).
 */
export function eventHash(previousHash: string, { type, data, metadata }: ChainedEvent): string {
  const { hash: _, ...hashed } = metadata as EventMetadata;
  return createHash('sha256')
    .update(previousHash)
    .update('\n')
    .update(canonicalJson({ type, data, metadata: hashed }))
    .digest('hex');
}

/** Where a stream's chain breaks, or null: `events` are the whole stream in order. */
export function findBrokenLink(events: readonly RecordedEvent[]): { revision: number; reason: string } | null {
  let previousHash = genesisHash;
  for (const [index, event] of events.entries()) {
    const { revision } = event;
    if (revision !== index) return { revision: index, reason: `Revision ${index} is missing.` };
    if (event.metadata.revision !== revision || event.metadata.stream !== event.stream) {
      return { revision, reason: 'The event was moved from another place.' };
    }
    if (event.metadata.hash !== eventHash(previousHash, event)) {
      return { revision, reason: 'The event is not what was recorded.' };
    }
    previousHash = event.metadata.hash;
  }
  return null;
}

/** JSON with sorted keys and no white space, after RFC 8785 (JSON Canonicalization Scheme). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}
