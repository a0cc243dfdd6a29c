import { DatabaseSync } from 'node:sqlite';

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
  let position = 0;
  return {
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
    close: () => database.close(),
  };
}
