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

/** Where a stream's chain breaks, and how. */
export interface BrokenLink {
  readonly stream: string;
  readonly revision: number;
  readonly reason: string;
}

/** The end of a stream's chain: with it, everything before it is given. */
export interface ChainHead {
  readonly revision: number;
  readonly hash: string;
}

export interface ChainCheck {
  /** Takes the next event; those of each stream come in order and from its first. Returns what is wrong with it. */
  next(event: RecordedEvent): BrokenLink | null;
  /** The last event of every stream so far. */
  heads(): ReadonlyMap<string, ChainHead>;
}

/** Checks the chains of many streams at once, as their events come in the order of the store. */
export function createChainCheck(): ChainCheck {
  const heads = new Map<string, ChainHead>();
  return {
    next(event) {
      const { stream, revision, metadata } = event;
      const head = heads.get(stream) ?? { revision: -1, hash: genesisHash };
      const expected = head.revision + 1;
      heads.set(stream, { revision, hash: metadata.hash });
      if (metadata.revision !== revision || metadata.stream !== stream) {
        return { stream, revision, reason: 'The event was moved from another place.' };
      }
      if (revision !== expected) {
        return { stream, revision: expected, reason: `Revision ${expected} is missing.` };
      }
      if (!hasItsOwnHash(event, head.hash)) {
        return { stream, revision, reason: 'The event is not what was recorded.' };
      }
      return null;
    },
    heads: () => heads,
  };
}

function hasItsOwnHash(event: RecordedEvent, previousHash: string): boolean {
  try {
    return event.metadata.hash === eventHash(previousHash, event);
  } catch (error) {
    // Nested so deeply that it cannot be written as JSON again: nothing that was ever recorded is.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/**
 * One hash for a whole store: SHA-256 (hex) over the line `stream revision hash` of every stream, in the order of their
 * names. Two stores with the same digest hold the same histories, whatever their positions are.
 */
export function digestOfHeads(heads: ReadonlyMap<string, ChainHead>): string {
  const digest = createHash('sha256');
  for (const stream of [...heads.keys()].sort()) {
    const head = heads.get(stream);
    digest.update(`${stream} ${head?.revision} ${head?.hash}\n`);
  }
  return digest.digest('hex');
}

/** Where a stream's chain breaks, or null: `events` are the whole stream in order. */
export function findBrokenLink(events: readonly RecordedEvent[]): BrokenLink | null {
  const check = createChainCheck();
  for (const event of events) {
    const broken = check.next(event);
    if (broken !== null) return broken;
  }
  return null;
}

/** JSON with sorted keys and no white space, after RFC 8785 (JSON Canonicalization Scheme). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    let members = '';
    for (const key of Object.keys(value).sort()) {
      const member = (value as Readonly<Record<string, unknown>>)[key]; // one of its own keys
      if (member === undefined) continue;
      members += `${members === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
    }
    return `{${members}}`;
  }
  return JSON.stringify(value);
}
