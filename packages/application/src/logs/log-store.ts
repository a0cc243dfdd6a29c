import { existsSync, renameSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JobId } from '@yardmaster/domain';
import type { LogBatch, LogLineView, LogPage } from '@yardmaster/protocol';
import { type Log, silentLog } from '../ports/log.ts';
import type { StreamMark } from '../ports/messaging.ts';
import { createDamageGuard, type OnDamaged } from '../projections/damage-guard.ts';
import { inTransaction, openSqliteFile, removeSqliteFile } from '../projections/sqlite-file.ts';
import { type LogQuery, prepareLogReader } from './read-lines.ts';
import { prepareLogWriter } from './write-lines.ts';

/** Lines of one job that a batch added, in order. */
export interface AcceptedLines {
  readonly jobId: JobId;
  readonly lines: readonly LogLineView[];
}

export interface LogProgress {
  readonly received: number;
  /** Lines that the worker numbered or counted and that are not here: lost, late, or beyond the bounds of a log. */
  readonly missing: number;
  /** How many lines the worker says there were in all; null until it says so. */
  readonly end: number | null;
}

/**
 * The lines of builds as they come in, until and after their log is sealed. Lines of a job are numbered from 1 in the
 * order of their arrival, across attempts. A line is taken once: its attempt must be the newest seen for the job and its
 * number higher than any taken of that attempt. So batches may come again, and a worker that was given up writes nothing.
 */
export interface LogStore {
  /** Returns the lines that were taken. They and the mark are written in one transaction. */
  append(batch: LogBatch, mark?: StreamMark | null): readonly LogLineView[];
  /** The same for several batches in one transaction; an entry for each batch of which lines were taken. */
  appendMany(batches: readonly LogBatch[], mark?: StreamMark | null): readonly AcceptedLines[];
  /** The mark last written: with it every line below it, and none beyond. */
  mark(): StreamMark | null;
  page(query: LogQuery): LogPage;
  /** The texts of the last lines, at most {@link maxLogPageLines}. */
  tail(jobId: JobId, count: number): string[];
  progress(jobId: JobId, attempt: number): LogProgress;
  /** All lines in order, a bounded number of them in memory; those included that arrive while it is read. */
  readAll(jobId: JobId): Generator<LogLineView>;
  /** Removes the lines for good: later ones of this job are not taken. */
  deleteJob(jobId: JobId): void;
  /**
   * Puts a whole log, numbered from 1, in place of what is here of it; later lines of this job are not taken. Others get
   * their turn between two chunks, and see the log grow. Rejects when `chunks` does, with those before written.
   */
  replaceWith(jobId: JobId, chunks: AsyncIterable<readonly LogLineView[]>): Promise<void>;
  /** Idempotent. */
  stop(): void;
}

const schemaVersion = 1;
const schema = `
  CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL UNIQUE,
    attempt INTEGER NOT NULL DEFAULT 0,
    lines INTEGER NOT NULL DEFAULT 0,
    characters INTEGER NOT NULL DEFAULT 0,
    deleted INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE attempts (
    log_id INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    received INTEGER NOT NULL DEFAULT 0,
    last_line INTEGER NOT NULL DEFAULT 0,
    end_lines INTEGER,
    PRIMARY KEY (log_id, attempt)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE lines (
    log_id INTEGER NOT NULL,
    n INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    step TEXT,
    stream TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (log_id, n)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE mark (
    only INTEGER PRIMARY KEY CHECK (only = 1), stream_created TEXT NOT NULL, sequence INTEGER NOT NULL
  ) STRICT;`;

/**
 * Opens or makes a log store. A file that is damaged or of another version is set aside as `<file>.set-aside`, in place
 * of an earlier one, and an empty one made: builds go on without their old logs. A power cut may undo the last
 * transactions, each with its mark, so their lines come again.
 */
export function openLogStore({
  file,
  log = silentLog,
  onDamaged = () => {},
}: {
  readonly file: string;
  readonly log?: Log;
  /** The file was damaged while it was used, and has been set aside. */
  readonly onDamaged?: OnDamaged;
}): LogStore {
  const db = openOrSetAside(file, log);
  const guard = createDamageGuard({ file, putAway: () => setAside(file), onDamaged, log });
  const writer = prepareLogWriter(db);
  const readMark = db.prepare('SELECT stream_created AS streamCreated, sequence FROM mark');
  const writeMark = db.prepare(`INSERT INTO mark (only, stream_created, sequence) VALUES (1, ?, ?)
    ON CONFLICT DO UPDATE SET stream_created = excluded.stream_created, sequence = excluded.sequence`);

  const write = <Result>(mark: StreamMark | null, work: () => Result): Result =>
    inTransaction(db, () => {
      const result = work();
      if (mark !== null) writeMark.run(mark.streamCreated, mark.sequence);
      return result;
    });

  return guard.watch({
    append: (batch, mark = null) => write(mark, () => writer.append(batch)),
    appendMany: (batches, mark = null) =>
      write(mark, () => {
        const accepted = batches.map((batch) => ({ jobId: batch.jobId, lines: writer.append(batch) }));
        return accepted.filter(({ lines }) => lines.length > 0);
      }),
    mark() {
      const row = readMark.get();
      return row === undefined ? null : { streamCreated: String(row.streamCreated), sequence: Number(row.sequence) };
    },
    deleteJob: (jobId) => write(null, () => writer.deleteJob(jobId)),
    async replaceWith(jobId, chunks) {
      let isFirst = true;
      for await (const chunk of chunks) {
        if (!db.isOpen) return;
        write(null, () => {
          if (isFirst) writer.deleteJob(jobId);
          writer.restore(jobId, chunk);
        });
        isFirst = false;
        await nextTurn();
      }
    },
    ...prepareLogReader(db),
    stop() {
      if (db.isOpen) db.close();
    },
  });
}

function openOrSetAside(file: string, log: Log): DatabaseSync {
  const opened = openSqliteFile({ file, version: schemaVersion, schema });
  if (opened.ok) return opened.db;
  log.error({ file, reason: opened.reason }, 'The build logs cannot be read: they are set aside.');
  setAside(file);
  const made = openSqliteFile({ file, version: schemaVersion, schema });
  if (!made.ok) throw new Error(`A log store cannot be made in ${file}: ${made.reason}`);
  return made.db;
}

function setAside(file: string): void {
  if (existsSync(file)) renameSync(file, `${file}.set-aside`);
  removeSqliteFile(file);
}
