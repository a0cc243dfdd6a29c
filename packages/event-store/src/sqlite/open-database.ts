import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

/** How long a transaction waits for other processes to finish theirs. */
export const lockTimeoutMs = 5_000;
const maxLockRetryDelayMs = 2;

const schemaVersion = 1;
/** "YMes": marks the file as ours, so that no other program's database is written to. */
const applicationId = 0x594d_6573;

/**
 * Locks are waited for by {@link whileLocked}, not by SQLite's busy timeout: that one backs off to 100 ms, and would
 * starve beside a process that commits batch after batch.
 */
const pragmas = `
  PRAGMA busy_timeout = 0;
  PRAGMA synchronous = FULL;
  PRAGMA cache_size = -65536;
  PRAGMA mmap_size = 1073741824;
  PRAGMA temp_store = MEMORY;
  PRAGMA wal_autocheckpoint = 2000;
  PRAGMA foreign_keys = ON;
`;

/** A stream's revision is that of its last event, which the unique index finds at once: kept nowhere else, it cannot drift. */
const schema = `
  CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    category TEXT NOT NULL
  ) STRICT;
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL REFERENCES streams (id),
    revision INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    meta TEXT NOT NULL,
    created INTEGER NOT NULL,
    UNIQUE (stream_id, revision)
  ) STRICT;
  CREATE TABLE store_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

export const openFailures = {
  corrupt: 'event-store-corrupt',
  foreign: 'event-store-foreign-file',
  newerSchema: 'event-store-newer-schema',
  readOnly: 'event-store-read-only',
  locked: 'event-store-locked',
  other: 'event-store-not-opened',
} as const;
export type OpenFailure = (typeof openFailures)[keyof typeof openFailures];

/** The file cannot serve as an event store; `code` says which of {@link openFailures} it is. */
export class EventStoreNotOpened extends Error {
  override readonly name = 'EventStoreNotOpened';
  readonly code: OpenFailure;
  constructor(code: OpenFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Primary result codes of SQLite (https://sqlite.org/rescode.html); extended ones carry more in the higher bits. */
const sqliteCodes = { busy: 5, readOnly: 8, corrupt: 11, notADatabase: 26 } as const;

const hasCode = (error: unknown, code: number): boolean =>
  error instanceof Error && 'errcode' in error && error.errcode === code;

function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

export const isLocked = (error: unknown): boolean => sqliteCode(error) === sqliteCodes.busy;

const sleepingPlace = new Int32Array(new SharedArrayBuffer(4));

/**
 * Runs `work`, and again after a short random wait while another process holds the lock, for {@link lockTimeoutMs}.
 * Blocks its thread, so it is for the store's own thread only. `work` must have no effect when it is refused.
 */
export function whileLocked<T>(work: () => T): T {
  const deadline = performance.now() + lockTimeoutMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isLocked(error) || performance.now() > deadline) throw error;
      Atomics.wait(sleepingPlace, 0, 0, Math.random() * maxLockRetryDelayMs);
    }
  }
}

export interface OpenedDatabase {
  readonly database: DatabaseSync;
  readonly storeId: string;
}

/** Opens or creates the event store in `file`. Throws {@link EventStoreNotOpened}. */
export function openDatabase(file: string): OpenedDatabase {
  try {
    // From the start again while another process creates, recovers or closes the file: any step may find it locked.
    return whileLocked(() => tryToOpen(file));
  } catch (error) {
    throw error instanceof EventStoreNotOpened ? error : explain(error, file);
  }
}

function tryToOpen(file: string): OpenedDatabase {
  const database = new DatabaseSync(file);
  try {
    database.exec(pragmas);
    assertOurs(database, file);
    database.exec('PRAGMA journal_mode = WAL');
    return { database, storeId: createSchemaOnce(database, file) };
  } catch (error) {
    database.close();
    throw error;
  }
}

function pragmaValue(database: DatabaseSync, name: 'application_id' | 'user_version' | 'schema_version'): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** An empty file becomes an event store; any other must be one already. */
function assertOurs(database: DatabaseSync, file: string): void {
  if (pragmaValue(database, 'schema_version') === 0) return;
  if (pragmaValue(database, 'application_id') !== applicationId) {
    throw new EventStoreNotOpened(openFailures.foreign, `${file} is a database, but not an event store.`);
  }
  const version = pragmaValue(database, 'user_version');
  if (version > schemaVersion) {
    const message = `${file} has schema version ${version}; this program knows up to ${schemaVersion}.`;
    throw new EventStoreNotOpened(openFailures.newerSchema, message);
  }
}

/** In a write transaction of its own: several processes may open a new file at once, and a read-only one shows here. */
function createSchemaOnce(database: DatabaseSync, file: string): string {
  database.exec('BEGIN IMMEDIATE');
  assertOurs(database, file);
  if (pragmaValue(database, 'schema_version') === 0) {
    database.exec(schema);
    database.prepare(`INSERT INTO store_meta VALUES ('store-id', ?)`).run(randomUUID());
  }
  // A write of nothing new: whether the file can be written must be known now, not at the first append.
  database.exec(`PRAGMA user_version = ${schemaVersion}`);
  database.exec('COMMIT');
  const row = database.prepare(`SELECT value FROM store_meta WHERE key = 'store-id'`).get();
  if (typeof row?.value !== 'string') {
    throw new EventStoreNotOpened(openFailures.corrupt, `${file} has lost its store id.`);
  }
  return row.value;
}

/** SQLITE_IOERR_SHMSIZE: what many processes share beside a file cannot grow, which says nothing of a full disk. */
const sharedMemorySize = 4_874;

function explain(error: unknown, file: string): EventStoreNotOpened {
  const said = error instanceof Error ? error.message : String(error);
  const reason = hasCode(error, sharedMemorySize) ? `${said}; perhaps its disk is full` : said;
  const options = { cause: error };
  switch (sqliteCode(error)) {
    case sqliteCodes.corrupt:
    case sqliteCodes.notADatabase:
      return new EventStoreNotOpened(openFailures.corrupt, `${file} is damaged: ${reason}.`, options);
    case sqliteCodes.readOnly:
      return new EventStoreNotOpened(openFailures.readOnly, `${file} cannot be written: ${reason}.`, options);
    case sqliteCodes.busy:
      return new EventStoreNotOpened(openFailures.locked, `${file} is locked by another process.`, options);
    default:
      return new EventStoreNotOpened(openFailures.other, `${file} cannot be opened: ${reason}.`, options);
  }
}
