import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

export interface SqliteFileOptions {
  readonly file: string;
  /** Stored as `user_version`; not 0, which is what an empty file says. */
  readonly version: number;
  /** Run once, on an empty file. */
  readonly schema: string;
}

/** An open database, or why the file is not one that this program can use. */
export type SqliteFile =
  | { readonly ok: true; readonly db: DatabaseSync }
  | { readonly ok: false; readonly reason: string };

/** The low byte of an SQLite result code is its kind: https://www.sqlite.org/rescode.html */
const resultKind = { corrupt: 11, tooBig: 18, constraint: 19, mismatch: 20, notADatabase: 26 } as const;
/** The whole code of a file that ends before it should: a kind of input/output error that no waiting mends. */
const shortRead = 522;

/** How long a write waits, and this thread with it, while another process (a shell) holds the file. */
const busyTimeoutMs = 1_000;

/**
 * Opens or makes a file whose content can be had again: WAL with `synchronous=NORMAL`, so a power cut may undo the last
 * transactions but never breaks one. Checks every page first. Throws when the file cannot be opened at all.
 */
export function openSqliteFile({ file, version, schema }: SqliteFileOptions): SqliteFile {
  const db = new DatabaseSync(file);
  try {
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY`);
    const check = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
    if (check !== 'ok') return refuse(db, `It is damaged: ${check}.`);
    const stored = db.prepare('PRAGMA user_version').get()?.user_version;
    const empty = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
    if (empty) db.exec(`BEGIN IMMEDIATE; ${schema}; PRAGMA user_version = ${version}; COMMIT`);
    else if (stored !== version) return refuse(db, `It has version ${stored}; this program writes ${version}.`);
    return { ok: true, db };
  } catch (error) {
    if (isDamage(error)) return refuse(db, `It is damaged: ${error.message}.`);
    db.close();
    throw error;
  }
}

export function removeSqliteFile(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}

/** Runs `work` in one write transaction; when it throws, nothing of it stays. */
export function inTransaction<Result>(db: DatabaseSync, work: () => Result): Result {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // Some failures (a full disk) have ended the transaction already.
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** True when the database itself could not work (disk, lock, damage), rather than refusing what it was given. */
export function isSqliteFailure(error: unknown): boolean {
  const kind = sqliteErrorKind(error);
  if (kind === null) return false;
  return kind !== resultKind.constraint && kind !== resultKind.mismatch && kind !== resultKind.tooBig;
}

/** True when the content of a database file is not what SQLite has written: no waiting helps, and nothing of it is sure. */
export function isDamage(error: unknown): error is Error {
  const kind = sqliteErrorKind(error);
  return kind === resultKind.corrupt || kind === resultKind.notADatabase || sqliteErrorCode(error) === shortRead;
}

function sqliteErrorKind(error: unknown): number | null {
  const code = sqliteErrorCode(error);
  return code === null ? null : code & 0xff;
}

function sqliteErrorCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode;
}

function refuse(db: DatabaseSync, reason: string): SqliteFile {
  db.close();
  return { ok: false, reason };
}
