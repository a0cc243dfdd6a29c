import { parentPort, workerData } from 'node:worker_threads';
import { openRawDatabase, type RawRow } from './raw-database.ts';

/** Rows that are ready to be written into a file that has the tables. */
export interface RawAppendRun {
  readonly file: string;
  readonly rows: readonly RawRow[];
  readonly eventsPerCommit: number;
}

// The one who starts this thread passes a RawAppendRun: see append.ts.
const { file, rows, eventsPerCommit } = workerData as RawAppendRun;
const database = openRawDatabase(file);
const startMs = performance.now();
for (let from = 0; from < rows.length; from += eventsPerCommit) {
  database.write(rows.slice(from, from + eventsPerCommit));
}
parentPort?.postMessage((performance.now() - startMs) / 1_000);
database.close();
