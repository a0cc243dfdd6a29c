import { type EventStore, EventStoreUnavailable, type Position, type RecordedEvent } from '@yardmaster/application';
import { createLogContent, type LogContent } from './log-content.ts';
import { identityOf, toWireEvent } from './stored-form.ts';
import { metadataType, tombstoneType, truncateBeforeOf } from './stream-metadata.ts';

interface Entry {
  readonly stream: string;
  readonly revision: number;
  /** Offset in the log: commit and prepare position alike. Ordered, with gaps. */
  readonly position: number;
  readonly type: string;
  readonly recordedAt: string;
}

/** An event that somebody appended. Its content stays in the store. */
export interface EventEntry extends Entry {
  readonly kind: 'event';
  readonly id: string;
  /** Its place among the events of the store, from 0, and its position there. */
  readonly ordinal: number;
  readonly storePosition: Position;
}

/** A record of the server's own: its statistics, or a link to an event. */
export interface SystemEntry extends Entry {
  readonly kind: 'system';
  readonly target: EventEntry | undefined;
}

export type LogEntry = EventEntry | SystemEntry;

export interface WireStream {
  readonly name: string;
  /** By revision. */
  readonly entries: readonly LogEntry[];
  /** The first revision that reads show; {@link softDeleted} when there is no stream for them. */
  readonly truncateBefore: number;
  readonly isTombstoned: boolean;
}

type WritableStream = { -readonly [Key in keyof WireStream]: WireStream[Key] } & { readonly entries: LogEntry[] };

/** The store's events as a server's log: with offsets for positions and the server's own records among them. */
export interface WireLog extends LogContent {
  /** In order; only ever grows. */
  readonly all: readonly LogEntry[];
  /** The stream as it is from now on, also where there is none yet. */
  stream(name: string): WireStream;
  /** Resolves once the log holds what the store has at this position; everything, without one. Throws when it cannot. */
  reached(position?: Position): Promise<void>;
  /** Throws when the log is closed or the store has ended: nothing more will come. */
  assertGrowing(): void;
  /** Called whenever there are more entries, and when there will be none; returns what ends that. */
  onGrowth(listener: () => void): () => void;
  /** At once: nobody who asks {@link assertGrowing} first writes any more. */
  close(): void;
}

/** What a record takes in the log beside its names, so that no two positions are neighbours. */
const recordOverheadBytes = 137;

/**
 * Opens the log of a store, as far as it is written already. It takes in what is appended to the store from then on.
 *
 * Nothing of the log is stored: the same events in the same order give the same offsets, so a server that is started
 * anew on the same store continues the log of the one before. Like a real server with system projections it keeps
 * statistics and writes a link into `$ce-<category>` after each event. In memory is only where everything is: a few
 * hundred bytes for each event.
 */
export async function openWireLog(store: EventStore): Promise<WireLog> {
  const all: LogEntry[] = [];
  const events: EventEntry[] = [];
  const streams = new Map<string, WritableStream>();
  const types = new Map<string, string>();
  const content = createLogContent({ store, events });
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  let end = 0;
  let taken: Position | undefined;
  let failure: unknown;

  const streamOf = (name: string): WritableStream => {
    const known = streams.get(name);
    if (known !== undefined) return known;
    const stream: WritableStream = { name, entries: [], truncateBefore: 0, isTombstoned: false };
    streams.set(name, stream);
    return stream;
  };
  /** Counts a record in, and returns where it lies. */
  const advance = (name: string, type: string): number => {
    const position = end;
    end += recordOverheadBytes + name.length + type.length;
    return position;
  };
  const add = (stream: WritableStream, entry: LogEntry) => {
    stream.entries.push(entry);
    all.push(entry);
  };
  const addSystemEntry = (name: string, type: string, recordedAt: string, target?: EventEntry) => {
    const stream = streamOf(name);
    const { entries } = stream;
    const position = advance(name, type);
    add(stream, { kind: 'system', stream: stream.name, revision: entries.length, position, type, recordedAt, target });
  };

  const takeIn = (event: RecordedEvent) => {
    const { stream: name, id } = identityOf(event);
    const { recordedAt, position: storePosition } = event;
    const stream = streamOf(name);
    // One string for all that are the same: there are few, in very many entries.
    const type = types.get(event.type) ?? event.type;
    types.set(type, type);
    const entry: EventEntry = {
      kind: 'event',
      stream: stream.name,
      revision: stream.entries.length,
      position: advance(name, type),
      type,
      recordedAt,
      id,
      ordinal: events.length,
      storePosition,
    };
    add(stream, entry);
    events.push(entry);
    content.remember(entry, event);
    if (type === tombstoneType) stream.isTombstoned = true;
    if (type === metadataType && name.startsWith('$$')) {
      streamOf(name.slice(2)).truncateBefore = truncateBeforeOf(toWireEvent(event));
    }
    const category = name.startsWith('$') ? '' : name.slice(0, Math.max(0, name.indexOf('-')));
    if (category !== '') addSystemEntry(`$ce-${category}`, '$>', recordedAt, entry);
    taken = storePosition;
  };

  const tellAll = () => {
    for (const listener of listeners) listener();
  };
  const follow = async () => {
    try {
      for await (const batch of store.subscribeToAll({ signal: closing.signal })) {
        for (const event of batch) takeIn(event);
        tellAll();
      }
      failure ??= new EventStoreUnavailable('The store behind the server has been stopped.');
    } catch (error) {
      failure ??= error;
    }
    tellAll();
  };
  const assertGrowing = () => {
    if (failure !== undefined) throw failure;
  };
  const isTaken = (position: Position) => taken !== undefined && store.comparePositions(taken, position) >= 0;
  const onGrowth = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const reached = async (position?: Position) => {
    const wanted = position ?? (await store.lastPosition());
    while (wanted !== null && !isTaken(wanted)) {
      assertGrowing();
      await new Promise<void>((resolve) => {
        const leave = onGrowth(() => {
          leave();
          resolve();
        });
      });
    }
  };

  addSystemEntry('$stats-127.0.0.1:2113', '$statsCollected', new Date(0).toISOString());
  void follow();
  await reached();
  const close = () => {
    failure ??= new EventStoreUnavailable('The server has ended.');
    closing.abort();
  };
  return { all, stream: streamOf, load: content.load, reached, assertGrowing, onGrowth, close };
}
