import type { DatabaseSync } from 'node:sqlite';
import { isLocked, whileLocked } from './open-database.ts';
import { appendOutcome, type BatchReply, type FlatAppends, noStream } from './thread-messages.ts';

/** The most streams whose head is remembered between batches: some 100 bytes each. */
const maxCachedHeads = 50_000;
const fieldsPerNewEvent = 4;
const unknown = -1;

interface StreamHead {
  readonly id: number;
  revision: number;
  /** What the table says, which is brought up to date once per batch. */
  storedRevision: number;
}

/** One append within the flat batch: its events' fields start at `offset`. */
interface Append {
  readonly stream: string;
  readonly expectedRevision: number;
  readonly count: number;
  readonly offset: number;
}

type Outcome = readonly [outcome: number, revisionOrIndex: number, position: number];

export type WriteBatch = (appends: FlatAppends) => BatchReply;

/**
 * Returns the function that writes a batch of appends in one transaction, each all or nothing, in order.
 *
 * An append is checked before anything of it is written, so a refused one needs no rollback. A batch that fails is
 * rolled back whole and its appends tried one by one: one append that cannot be stored takes no other with it.
 */
export function createWriteBatch(database: DatabaseSync): WriteBatch {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const selectLast = database.prepare('SELECT max(position) AS position FROM events');
  const selectHead = database.prepare('SELECT id, revision FROM streams WHERE name = ?');
  const insertStream = database.prepare('INSERT INTO streams (name, category, revision) VALUES (?, ?, ?)');
  const moveStream = database.prepare('UPDATE streams SET revision = ? WHERE id = ?');
  const insertEvent = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const selectIds = database.prepare(
    'SELECT event_id, position FROM events WHERE stream_id = ? AND revision >= ? ORDER BY revision LIMIT ?',
  );
  selectIds.setReturnArrays(true);

  const heads = new Map<string, StreamHead>();
  const moved = new Set<StreamHead>();
  /** The last position when the caches were right; another one means that another process has written. */
  let lastPosition = unknown;

  const readLast = () => Number(selectLast.get()?.['position'] ?? 0);

  const headOf = (stream: string): StreamHead | undefined => {
    const cached = heads.get(stream);
    if (cached !== undefined) return cached;
    const row = selectHead.get(stream);
    if (row === undefined) return undefined;
    const revision = Number(row['revision']);
    const head = { id: Number(row['id']), revision, storedRevision: revision };
    heads.set(stream, head);
    return head;
  };

  const createHead = (stream: string, revision: number): StreamHead => {
    const category = stream.split('-', 1)[0] ?? stream;
    const { lastInsertRowid } = insertStream.run(stream, category, revision);
    const head = { id: Number(lastInsertRowid), revision: noStream, storedRevision: revision };
    heads.set(stream, head);
    return head;
  };

  /** The position of the last of these events if they are exactly what was appended after `expectedRevision` before. */
  const findRepeated = (head: StreamHead, append: Append, batch: FlatAppends): number | undefined => {
    const rows = selectIds.all(head.id, append.expectedRevision + 1, append.count) as unknown as [string, number][];
    const same =
      rows.length === append.count &&
      rows.every(([eventId], index) => eventId === batch[append.offset + index * fieldsPerNewEvent]);
    return same ? rows.at(-1)?.[1] : undefined;
  };

  const write = (append: Append, batch: FlatAppends, recordedAtMs: number): Outcome => {
    const found = headOf(append.stream);
    const actualRevision = found?.revision ?? noStream;
    if (actualRevision !== append.expectedRevision) {
      const position = found && findRepeated(found, append, batch);
      return position === undefined
        ? [appendOutcome.refused, actualRevision, 0]
        : [appendOutcome.repeated, append.expectedRevision + append.count, position];
    }
    const head = found ?? createHead(append.stream, append.count - 1);
    for (let index = 0; index < append.count; index++) {
      const at = append.offset + index * fieldsPerNewEvent;
      // The fields of an event are strings: see FlatAppends.
      const [eventId, type, data, metadata] = [batch[at], batch[at + 1], batch[at + 2], batch[at + 3]] as string[];
      head.revision += 1;
      lastPosition += 1;
      insertEvent.run(lastPosition, head.id, head.revision, eventId!, type!, data!, metadata!, recordedAtMs);
    }
    if (head.revision !== head.storedRevision) moved.add(head);
    return [appendOutcome.written, head.revision, lastPosition];
  };

  const transact = (appends: readonly Append[], batch: FlatAppends, recordedAtMs: number) => {
    whileLocked(() => begin.run());
    const previousPosition = readLast();
    if (previousPosition !== lastPosition || heads.size > maxCachedHeads) heads.clear();
    lastPosition = previousPosition;
    const outcomes = appends.map((append) => write(append, batch, recordedAtMs));
    for (const head of moved) moveStream.run(head.revision, head.id);
    commit.run();
    for (const head of moved) head.storedRevision = head.revision;
    moved.clear();
    return { previousPosition, outcomes };
  };

  const forget = () => {
    heads.clear();
    moved.clear();
    lastPosition = unknown;
    // SQLite has already rolled back after some errors, such as a full disk.
    if (database.isTransaction) database.exec('ROLLBACK');
  };

  const tryOneByOne = (appends: readonly Append[], batch: FlatAppends, recordedAtMs: number, first: unknown) => {
    const errors: string[] = [];
    let lockedOut: unknown = isLocked(first) ? first : undefined;
    const outcomes = appends.map((append): Outcome => {
      let error = lockedOut;
      if (error === undefined) {
        try {
          const [outcome] = transact([append], batch, recordedAtMs).outcomes;
          if (outcome !== undefined) return outcome;
        } catch (thrown) {
          error = thrown;
          forget();
          if (isLocked(thrown)) lockedOut = thrown;
        }
      }
      errors.push(error instanceof Error ? error.message : String(error));
      return [appendOutcome.failed, errors.length - 1, 0];
    });
    return { outcomes, errors };
  };

  return (batch) => {
    const appends = parseAppends(batch);
    const recordedAtMs = Date.now();
    try {
      const { previousPosition, outcomes } = transact(appends, batch, recordedAtMs);
      return { outcomes: outcomes.flat(), errors: [], previousPosition, lastPosition, recordedAtMs };
    } catch (error) {
      forget();
      const { outcomes, errors } = tryOneByOne(appends, batch, recordedAtMs, error);
      // Equal positions: what lies between them is left for the subscribers to read from the store.
      const position = outcomes.reduce((last, [kind, , at]) => (kind === appendOutcome.written ? at : last), 0);
      return { outcomes: outcomes.flat(), errors, previousPosition: position, lastPosition: position, recordedAtMs };
    }
  };
}

function parseAppends(batch: FlatAppends): Append[] {
  const appends: Append[] = [];
  for (let at = 0; at < batch.length; ) {
    // The layout is FlatAppends': a name and two numbers come before the events.
    const [stream, expectedRevision, count] = [batch[at], batch[at + 1], batch[at + 2]] as [string, number, number];
    const offset = at + 3;
    appends.push({ stream, expectedRevision, count, offset });
    at = offset + count * fieldsPerNewEvent;
  }
  return appends;
}
