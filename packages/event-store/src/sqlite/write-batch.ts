import type { DatabaseSync } from 'node:sqlite';
import { isLocked, whileLocked } from './open-database.ts';
import { type AppendChunk, appendOutcome, type BatchReply, type FlatAppends, noStream } from './thread-messages.ts';

/** The most streams whose head is remembered between batches: some 100 bytes each. */
const maxCachedHeads = 50_000;
/** One transaction's worth; the sender bounds the size of a chunk. */
const maxChunksPerBatch = 32;
const fieldsPerNewEvent = 4;
const unknown = -1;

interface StreamHead {
  readonly id: number;
  revision: number;
}

/** One append within a flat chunk: its events' fields start at `offset`. */
interface Append {
  readonly chunk: FlatAppends;
  readonly stream: string;
  readonly expectedRevision: number;
  readonly count: number;
  readonly offset: number;
}

type Outcome = readonly [outcome: number, revisionOrIndex: number, position: number];

/**
 * Writes `first` and every chunk that `receiveNext` has when it is asked, and answers for them in order. `isExpected`
 * says that a chunk is on its way, and worth a short wait.
 */
export type WriteBatch = (
  first: AppendChunk,
  receiveNext: (options: { readonly isExpected: boolean }) => AppendChunk | undefined,
) => BatchReply;

/**
 * Returns the function that writes a batch of appends in one transaction, each all or nothing, in order.
 *
 * A batch grows while it is being written: chunks that arrive meanwhile share its flush to disk. An append is checked
 * before anything of it is written, so a refused one needs no rollback. A batch that fails is rolled back whole and its
 * appends tried one by one: one append that cannot be stored takes no other with it.
 */
export function createWriteBatch(database: DatabaseSync): WriteBatch {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const selectLast = database.prepare('SELECT max(position) AS position FROM events');
  const selectId = database.prepare('SELECT id FROM streams WHERE name = ?');
  const selectRevision = database.prepare('SELECT max(revision) AS revision FROM events WHERE stream_id = ?');
  const insertStream = database.prepare('INSERT INTO streams (name, category) VALUES (?, ?)');
  const insertEvent = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const selectIds = database.prepare(
    'SELECT event_id, position FROM events WHERE stream_id = ? AND revision >= ? ORDER BY revision LIMIT ?',
  );
  selectIds.setReturnArrays(true);

  const heads = new Map<string, StreamHead>();
  /** The last position when the caches were right; another one means that another process has written. */
  let lastPosition = unknown;

  const headOf = (stream: string): StreamHead | undefined => {
    const cached = heads.get(stream);
    if (cached !== undefined) return cached;
    const id = selectId.get(stream)?.id;
    if (id === undefined) return undefined;
    const head = { id: Number(id), revision: Number(selectRevision.get(id)?.revision ?? noStream) };
    heads.set(stream, head);
    return head;
  };

  const createHead = (stream: string): StreamHead => {
    const category = stream.split('-', 1)[0] ?? stream;
    const head = { id: Number(insertStream.run(stream, category).lastInsertRowid), revision: noStream };
    heads.set(stream, head);
    return head;
  };

  /** The position of the last of these events if they are exactly what was appended after `expectedRevision` before. */
  const findRepeated = (head: StreamHead, { chunk, expectedRevision, count, offset }: Append): number | undefined => {
    // The statement returns arrays of its two columns.
    const rows = selectIds.all(head.id, expectedRevision + 1, count) as unknown as [string, number][];
    const same = rows.every(([eventId], index) => eventId === chunk[offset + index * fieldsPerNewEvent]);
    return same && rows.length === count ? rows.at(-1)?.[1] : undefined;
  };

  const write = (append: Append, recordedAtMs: number): Outcome => {
    const { chunk, stream, expectedRevision, count, offset } = append;
    const found = headOf(stream);
    const actualRevision = found?.revision ?? noStream;
    if (actualRevision !== expectedRevision) {
      const position = found && findRepeated(found, append);
      return position === undefined
        ? [appendOutcome.refused, actualRevision, 0]
        : [appendOutcome.repeated, expectedRevision + count, position];
    }
    const head = found ?? createHead(stream);
    for (let at = offset; at < offset + count * fieldsPerNewEvent; at += fieldsPerNewEvent) {
      head.revision += 1;
      lastPosition += 1;
      // Four texts per event: see FlatAppends. Indexing is what this loop can afford.
      const eventId = chunk[at] as string;
      const type = chunk[at + 1] as string;
      const data = chunk[at + 2] as string;
      const metadata = chunk[at + 3] as string;
      insertEvent.run(lastPosition, head.id, head.revision, eventId, type, data, metadata, recordedAtMs);
    }
    return [appendOutcome.written, head.revision, lastPosition];
  };

  /** Writes the appends, and those that `grow` adds to them, in one transaction. */
  const transact = (appends: readonly Append[], recordedAtMs: number, grow: () => boolean) => {
    whileLocked(() => begin.run());
    const previousPosition = Number(selectLast.get()?.position ?? 0);
    if (previousPosition !== lastPosition || heads.size > maxCachedHeads) heads.clear();
    lastPosition = previousPosition;
    const outcomes: Outcome[] = [];
    do {
      for (const append of appends.slice(outcomes.length)) outcomes.push(write(append, recordedAtMs));
    } while (grow());
    commit.run();
    return { previousPosition, outcomes };
  };

  const forget = () => {
    heads.clear();
    lastPosition = unknown;
    // SQLite has already rolled back after some errors, such as a full disk.
    if (database.isTransaction) database.exec('ROLLBACK');
  };

  const tryOneByOne = (appends: readonly Append[], recordedAtMs: number, batchError: unknown) => {
    const errors: string[] = [];
    let locked = isLocked(batchError) ? batchError : undefined;
    const tryOne = (append: Append): Outcome => {
      let error = locked;
      if (error === undefined) {
        try {
          return transact([append], recordedAtMs, () => false).outcomes[0] as Outcome;
        } catch (thrown) {
          forget();
          error = thrown;
          // Waiting for the lock once is enough: the rest would wait as long, each.
          if (isLocked(thrown)) locked = thrown;
        }
      }
      return [appendOutcome.failed, errors.push(error instanceof Error ? error.message : String(error)) - 1, 0];
    };
    return { outcomes: appends.map(tryOne), errors };
  };

  return (first, receiveNext) => {
    const recordedAtMs = Date.now();
    const appends = parseAppends(first.appends);
    let chunks = 1;
    let isExpected = !first.isLast;
    const grow = () => {
      const next = chunks < maxChunksPerBatch ? receiveNext({ isExpected }) : undefined;
      if (next === undefined) return false;
      chunks += 1;
      isExpected = !next.isLast;
      for (const append of parseAppends(next.appends)) appends.push(append);
      return true;
    };
    try {
      const { previousPosition, outcomes } = transact(appends, recordedAtMs, grow);
      return { outcomes: outcomes.flat(), errors: [], previousPosition, lastPosition, recordedAtMs };
    } catch (error) {
      forget();
      const { outcomes, errors } = tryOneByOne(appends, recordedAtMs, error);
      const written = outcomes.findLast(([outcome]) => outcome === appendOutcome.written)?.[2] ?? 0;
      // Equal positions say that the events must be read from the store: others may have written between these.
      return { outcomes: outcomes.flat(), errors, previousPosition: written, lastPosition: written, recordedAtMs };
    }
  };
}

function parseAppends(chunk: FlatAppends): Append[] {
  const appends: Append[] = [];
  for (let at = 0; at < chunk.length; ) {
    // The layout is FlatAppends': a name and two numbers come before the events.
    const [stream, expectedRevision, count] = [chunk[at], chunk[at + 1], chunk[at + 2]] as [string, number, number];
    const offset = at + 3;
    appends.push({ chunk, stream, expectedRevision, count, offset });
    at = offset + count * fieldsPerNewEvent;
  }
  return appends;
}
