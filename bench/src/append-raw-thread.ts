import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

export interface RawRow {
  readonly stream: string;
  readonly streamId: number;
  readonly revision: number;
  readonly eventId: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** The reference of the append benchmark: rows that are ready to be written into a file that has the tables. */
export interface RawAppendRun {
  readonly file: string;
  readonly rows: readonly RawRow[];
  readonly eventsPerCommit: number;
}

// The one who starts this thread passes a RawAppendRun: see append.ts.
const { file, rows, eventsPerCommit } = workerData as RawAppendRun;
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
const startMs = performance.now();
for (let from = 0; from < rows.length; from += eventsPerCommit) {
  database.exec('BEGIN IMMEDIATE');
  for (const { stream, streamId, revision, eventId, type, data, metadata } of rows.slice(
    from,
    from + eventsPerCommit,
  )) {
    if (revision === 0) insertStream.run(streamId, stream, 'buildJob');
    position += 1;
    insertEvent.run(position, streamId, revision, eventId, type, data, metadata, Date.now());
  }
  database.exec('COMMIT');
}
parentPort?.postMessage((performance.now() - startMs) / 1_000);
database.close();
