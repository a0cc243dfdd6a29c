import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { stripVTControlCharacters } from 'node:util';
import type { JobId, Step } from '@yardmaster/domain';
import { type LogLineView, maxLogPageLines } from '@yardmaster/protocol';
import type { LogStore } from './log-store.ts';

export interface LogQuery {
  readonly jobId: JobId;
  /** Lines after this number; 0 for the first page. */
  readonly after: number;
  /** At most {@link maxLogPageLines}. */
  readonly limit: number;
  /** Part of a line as it is seen: without colour codes, in any case. */
  readonly search?: string | undefined;
  readonly step?: Step | undefined;
  readonly attempt?: number | undefined;
}

/** Lines that are in memory at once while a whole log is read; a line has at most 16,500 characters. */
const maxLinesPerChunk = 500;

export function prepareLogReader(db: DatabaseSync): Pick<LogStore, 'page' | 'tail' | 'progress' | 'readAll'> {
  // Not LIKE: a colour may begin or end within what is searched for, and LIKE folds only ASCII.
  db.function('line_contains', { deterministic: true }, (text, folded) => Number(plain(text).includes(String(folded))));
  const allLines = db.prepare('SELECT lines FROM logs WHERE job_id = ?');
  const lastTexts = db.prepare(
    `SELECT text FROM (SELECT n, text FROM lines WHERE log_id = (SELECT id FROM logs WHERE job_id = ?)
      ORDER BY n DESC LIMIT ?) ORDER BY n`,
  );
  const progress = db.prepare(`SELECT received, last_line, end_lines FROM attempts
    WHERE log_id = (SELECT id FROM logs WHERE job_id = ?) AND attempt = ?`);
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    const statement = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, statement); // There are as many texts as combinations of filters: 16.
    return statement;
  };

  const linesAfter = ({ after, limit, ...filter }: LogQuery): readonly LogLineView[] => {
    const { where, values } = conditions(filter);
    return prepare(
      `SELECT n, at_ms, step, stream, text, attempt FROM lines ${where} AND n > $after ORDER BY n LIMIT $limit`,
    )
      .all({ ...values, after, limit })
      .map(toLine);
  };

  const countLines = (query: LogQuery): number => {
    const { where, values, filters } = conditions(query);
    if (filters === 0) return Number(allLines.get(query.jobId)?.lines ?? 0);
    return Number(prepare(`SELECT COUNT(*) AS total FROM lines ${where}`).get(values)?.total);
  };

  return {
    page(query) {
      const limit = Math.min(query.limit, maxLogPageLines);
      const found = linesAfter({ ...query, limit: limit + 1 });
      const lines = found.slice(0, limit);
      const next = found.length > limit ? (lines.at(-1)?.n ?? query.after) : null;
      return { lines: [...lines], next, total: countLines(query) };
    },
    tail: (jobId, count) => lastTexts.all(jobId, Math.min(count, maxLogPageLines)).map(({ text }) => String(text)),
    progress(jobId, attempt) {
      const row = progress.get(jobId, attempt);
      const received = Number(row?.received ?? 0);
      const end = row?.end_lines == null ? null : Number(row.end_lines);
      // A worker that counts fewer lines than it sent is not believed.
      const counted = Math.max(Number(row?.last_line ?? 0), end ?? 0);
      return { received, missing: counted - received, end };
    },
    *readAll(jobId) {
      // By number, so that no statement stays open between chunks.
      let after = 0;
      while (true) {
        const chunk = linesAfter({ jobId, after, limit: maxLinesPerChunk });
        const last = chunk.at(-1);
        if (last === undefined) return;
        yield* chunk;
        after = last.n;
      }
    },
  };
}

function conditions({ jobId, search, step, attempt }: Omit<LogQuery, 'after' | 'limit'>) {
  const values: Record<string, SQLInputValue> = { job: jobId };
  const terms = ['log_id = (SELECT id FROM logs WHERE job_id = $job)'];
  const add = (term: string, name: string, value: SQLInputValue) => {
    terms.push(term);
    values[name] = value;
  };
  if (step !== undefined) add('step = $step', 'step', step);
  if (attempt !== undefined) add('attempt = $attempt', 'attempt', attempt);
  if (search !== undefined && search !== '') add('line_contains(text, $search)', 'search', search.toLowerCase());
  return { where: `WHERE ${terms.join(' AND ')}`, values, filters: terms.length - 1 };
}

const escapeCharacter = '\u001b';

function plain(text: SQLInputValue): string {
  const raw = String(text);
  return (raw.includes(escapeCharacter) ? stripVTControlCharacters(raw) : raw).toLowerCase();
}

function toLine({ at_ms, ...line }: { readonly [column: string]: unknown }): LogLineView {
  // Trusted: the columns are named as in LogLineView, and only the log writer fills them, from checked batches.
  return { ...line, at: new Date(Number(at_ms)).toISOString() } as LogLineView;
}
