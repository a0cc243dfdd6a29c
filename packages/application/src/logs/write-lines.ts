import type { DatabaseSync } from 'node:sqlite';
import type { JobId } from '@yardmaster/domain';
import type { LogBatch, LogLineView } from '@yardmaster/protocol';

/** What one job's log may hold; what comes beyond is not taken and counts as missing. Characters are UTF-16 units. */
export const maxLogLinesPerJob = 1_000_000;
export const maxLogCharactersPerJob = 268_435_456;

export interface LogWriter {
  /** Within the caller's transaction. */
  append(batch: LogBatch): readonly LogLineView[];
  deleteJob(jobId: JobId): void;
  /** Adds lines with the numbers that they have to a log that was deleted before. */
  restore(jobId: JobId, lines: readonly LogLineView[]): void;
}

/** A row of `logs`. */
interface LogRow {
  readonly id: number;
  /** The newest attempt seen. */
  readonly attempt: number;
  readonly lines: number;
  readonly characters: number;
  readonly deleted: number;
}

export function prepareLogWriter(db: DatabaseSync): LogWriter {
  const makeLog = db.prepare('INSERT INTO logs (job_id) VALUES (?) ON CONFLICT DO NOTHING');
  const getLog = db.prepare('SELECT id, attempt, lines, characters, deleted FROM logs WHERE job_id = ?');
  const growLog = db.prepare('UPDATE logs SET attempt = ?, lines = ?, characters = ? WHERE id = ?');
  const makeAttempt = db.prepare('INSERT INTO attempts (log_id, attempt) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const getLastLine = db.prepare('SELECT last_line FROM attempts WHERE log_id = ? AND attempt = ?');
  const growAttempt = db.prepare(
    'UPDATE attempts SET received = received + ?, last_line = ? WHERE log_id = ? AND attempt = ?',
  );
  const endAttempt = db.prepare('UPDATE attempts SET end_lines = ? WHERE log_id = ? AND attempt = ?');
  const insertLine = db.prepare(
    'INSERT INTO lines (log_id, n, attempt, at_ms, step, stream, text) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const deleteLines = db.prepare('DELETE FROM lines WHERE log_id = ?');
  const deleteAttempts = db.prepare('DELETE FROM attempts WHERE log_id = ?');
  const emptyLog = db.prepare('UPDATE logs SET deleted = 1, lines = 0, characters = 0 WHERE id = ?');

  const logOf = (jobId: JobId) => {
    makeLog.run(jobId);
    return getLog.get(jobId) as unknown as LogRow; // The columns are named as in LogRow, and the row was just made.
  };

  const takeLines = (log: LogRow, { attempt, firstLine, lines }: LogBatch): readonly LogLineView[] => {
    if (attempt < log.attempt) return [];
    const lastLine = Number(getLastLine.get(log.id, attempt)?.last_line);
    const fresh = lines.slice(Math.max(0, lastLine + 1 - firstLine));
    let { characters } = log;
    const taken: LogLineView[] = [];
    for (const { at, step, stream, text } of fresh) {
      characters += text.length;
      const n = log.lines + taken.length + 1;
      if (n > maxLogLinesPerJob || characters > maxLogCharactersPerJob) break;
      insertLine.run(log.id, n, attempt, Date.parse(at), step, stream, text);
      taken.push({ n, at, step, stream, text, attempt });
    }
    growLog.run(attempt, log.lines + taken.length, characters, log.id);
    if (fresh.length > 0) growAttempt.run(taken.length, firstLine + lines.length - 1, log.id, attempt);
    return taken;
  };

  return {
    append(batch) {
      const log = logOf(batch.jobId);
      if (log.deleted === 1) return [];
      makeAttempt.run(log.id, batch.attempt);
      // Also of an older attempt: how many lines it had is a fact, whether or not they are taken.
      if (batch.end !== null) endAttempt.run(batch.end.lines, log.id, batch.attempt);
      return takeLines(log, batch);
    },
    deleteJob(jobId) {
      const { id } = logOf(jobId);
      deleteLines.run(id);
      deleteAttempts.run(id);
      emptyLog.run(id);
    },
    restore(jobId, lines) {
      const log = logOf(jobId);
      let { characters } = log;
      for (const { n, attempt, at, step, stream, text } of lines) {
        characters += text.length;
        insertLine.run(log.id, n, attempt, Date.parse(at), step, stream, text);
      }
      const last = lines.at(-1);
      if (last !== undefined) growLog.run(last.attempt, last.n, characters, log.id);
    },
  };
}
