import type { EventMetadata } from '@yardmaster/domain';

/**
 * A place in the whole store. Opaque outside the adapter that made it: compare with {@link EventStore.comparePositions},
 * never by text. Exclusive wherever it is a starting point: reading from a position yields what came after it.
 */
export type Position = string & { readonly __brand: 'Position' };

/** An event to append. `metadata.eventId` is a UUID and the key of idempotent appends. */
export interface NewEvent {
  readonly type: string;
  readonly data: unknown;
  readonly metadata: EventMetadata;
}

/** An event as read back: what was appended, and where and when the store put it. */
export interface RecordedEvent {
  readonly stream: string;
  /** Place in the stream, from 0, without holes. */
  readonly revision: number;
  readonly position: Position;
  /** When the store wrote it, ISO 8601 UTC. */
  readonly recordedAt: string;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: EventMetadata;
}

/** The revision that the writer has seen: the stream's last one, or that there is no stream yet. */
export type ExpectedRevision = number | 'no_stream';

/** `position` is that of the last event of the append. */
export interface Appended {
  readonly ok: true;
  readonly revision: number;
  readonly position: Position;
}

export interface WrongExpectedRevision {
  readonly ok: false;
  readonly code: 'wrong-expected-revision';
  readonly stream: string;
  readonly expectedRevision: ExpectedRevision;
  /** What the stream really is at. */
  readonly actualRevision: ExpectedRevision;
}

export type AppendResult = Appended | WrongExpectedRevision;

export interface ReadStreamOptions {
  /** First revision to return; 0 by default. */
  readonly fromRevision?: number;
  /** At most so many events; all by default. */
  readonly limit?: number;
}

export interface ReadAllOptions {
  /** Return what came after this position; from the beginning by default. */
  readonly after?: Position;
  readonly limit: number;
}

export interface SubscribeOptions {
  readonly after?: Position;
  readonly signal?: AbortSignal;
}

export interface SubscribeToStreamOptions {
  /** Deliver what came after this revision; from the stream's first event by default. */
  readonly afterRevision?: number;
  readonly signal?: AbortSignal;
}

/** What a subscription yields: events in order, in batches that are never empty. */
export type EventBatch = readonly RecordedEvent[];

/**
 * An append-only store of streams with one total order over all of them.
 *
 * - `append` writes all events or none. A wrong expected revision is returned, never thrown, and leaves the stream
 *   exactly as it was. Appending the same event ids again with the same expected revision succeeds with the first
 *   result. An append that resolved is durable: it survives `kill -9` and power loss.
 * - Reads see every append that resolved before they began.
 * - A subscription delivers every event after its starting point exactly once and in order, across the switch from
 *   stored events to live ones and across reconnects. It ends when its signal aborts or the store stops; it throws
 *   only when the store cannot go on.
 * - Broken infrastructure throws {@link EventStoreUnavailable}: the outcome of an append is then unknown, and the
 *   caller rereads the stream before it decides again. Input the store can never accept throws {@link InvalidAppend}.
 */
export interface EventStore {
  /** Identifies this store's data: positions of one store mean nothing in another. */
  readonly storeId: string;
  append(stream: string, expectedRevision: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult>;
  /** Events of one stream in order; an empty array where there is no such stream. */
  readStream(stream: string, options?: ReadStreamOptions): Promise<readonly RecordedEvent[]>;
  readAll(options: ReadAllOptions): Promise<readonly RecordedEvent[]>;
  subscribeToAll(options?: SubscribeOptions): AsyncIterable<EventBatch>;
  subscribeToStream(stream: string, options?: SubscribeToStreamOptions): AsyncIterable<EventBatch>;
  /** The position of the last event, or null for an empty store. */
  lastPosition(): Promise<Position | null>;
  /** Negative, zero or positive, as `a` lies before, at or after `b`. */
  comparePositions(a: Position, b: Position): number;
  /** Idempotent. Waits for appends under way, ends every subscription, releases files and connections. */
  stop(): Promise<void>;
}

/** The most events that one append may carry, and the most bytes that one event's data and metadata may take as JSON. */
export const maxEventsPerAppend = 500;
export const maxEventBytes = 1_000_000;

/**
 * The most bytes that all events of one append may take together: data and metadata as JSON, and each type twice its
 * length. So an EventStoreDB counts, which refuses more than 1 MiB where it is set up as it comes. One event that keeps
 * to {@link maxEventBytes} always fits.
 */
export const maxAppendBytes = 1_040_000;

export class EventStoreUnavailable extends Error {
  readonly code = 'event-store-unavailable';
  override readonly name = 'EventStoreUnavailable';
}

/**
 * The store is there, and one stream of it cannot be given back from `revision` on, since it was damaged or deleted: no
 * waiting helps, and the others are as they were.
 */
export class StreamUnreadable extends EventStoreUnavailable {
  readonly revision: number;

  constructor(message: string, { revision, ...options }: ErrorOptions & { readonly revision: number }) {
    super(message, options);
    this.revision = revision;
  }
}

/**
 * The store knows where an event is and cannot give it back, because it was damaged or changed. Reading from `position` on
 * goes past it; a read of fewer events leads up to it.
 */
export class EventUnreadable extends StreamUnreadable {
  readonly stream: string;
  readonly position: Position;

  constructor({ stream, revision, position }: Pick<RecordedEvent, 'stream' | 'revision' | 'position'>, cause: unknown) {
    super(`The event at position ${position} cannot be read: ${stream}, revision ${revision}.`, { revision, cause });
    this.stream = stream;
    this.position = position;
  }
}

/** The append itself is malformed: no events, too many, too large, an id that is no UUID, a bad stream name. */
export class InvalidAppend extends Error {
  readonly code = 'invalid-append';
  override readonly name = 'InvalidAppend';
}
