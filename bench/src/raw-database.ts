import { DatabaseSync } from 'node:sqlite';
import { openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import type { Planned } from './append-load.ts';

/** An event that is ready to be inserted. */
export interface RawRow {
  readonly stream: string;
  readonly streamId: number;
  readonly revision: number;
  readonly eventId: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** A file that has the store's tables, with the store's pragmas and nothing else of it: no checks, no idempotency. */
export function openRawDatabase(file: string) {
  const database = new DatabaseSync(file);
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -65536;
    PRAGMA mmap_size = 1073741824;
    PRAGMA temp_store = MEMORY;
    PRAGMA wal_autocheckpoint = 2000;
    PRAGMA foreign_keys = ON;
  `);
  const insertStream = database.prepare('INSERT INTO streams (id, name, category) VALUES (?, ?, ?)');
  const insertEvent = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const selectAfter = database.prepare('SELECT * FROM events WHERE position > ? ORDER BY position');
  let position = 0;
  return {
    lastPosition: () => position,
    /** One transaction, on disk when it returns. */
    write(rows: readonly RawRow[]): void {
      database.exec('BEGIN IMMEDIATE');
      for (const { stream, streamId, revision, eventId, type, data, metadata } of rows) {
        if (revision === 0) insertStream.run(streamId, stream, 'buildJob');
        position += 1;
        insertEvent.run(position, streamId, revision, eventId, type, data, metadata, Date.now());
      }
      database.exec('COMMIT');
    },
    /** Everything after a position, parsed. */
    read: (after: number) => selectAfter.all(after).map(parseRow),
    close: () => database.close(),
  };
}

const parseRow = ({ data, meta, ...row }: Record<string, unknown>) => ({
  ...row,
  data: JSON.parse(String(data)) as unknown,
  metadata: JSON.parse(String(meta)) as unknown,
});

/** The least that group commit takes: no thread, no check of the event, the name or the revision. */
export async function openGroupCommit(file: string) {
  await createTables(file);
  const database = openRawDatabase(file);
  const toRow = rowMaker();
  let waiting: { readonly row: RawRow; readonly resolve: () => void }[] = [];
  const commit = () => {
    const batch = waiting;
    waiting = [];
    database.write(batch.map(({ row }) => row));
    for (const { resolve } of batch) resolve();
  };
  return {
    ...database,
    append(...planned: readonly Planned[]): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (waiting.length === 0) setImmediate(commit);
      for (const one of planned) waiting.push({ row: toRow(one), resolve });
      return promise;
    },
  };
}

/** The store makes the file, so that the tables are the same. */
export async function createTables(file: string): Promise<void> {
  await (await openSqliteEventStore({ file })).stop();
}

export function rowMaker(): (planned: Planned) => RawRow {
  const streamIds = new Map<string, number>();
  return ({ stream, revision, event: { type, data, metadata } }) => {
    if (revision === 0) streamIds.set(stream, streamIds.size + 1);
    const [streamId, { eventId }] = [streamIds.get(stream) ?? 0, metadata];
    return {
      stream,
      streamId,
      revision,
      eventId,
      type,
      data: JSON.stringify(data),
      metadata: JSON.stringify(metadata),
    };
  };
}
