import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import { appendsPerSecond, type Callers, planCallers } from './append-load.ts';
import type { RawAppendRun } from './append-raw-thread.ts';
import { aimAtLeast, type Bench } from './bench.ts';
import { median, rounded } from './percentiles.ts';
import { createTables, openGroupCommit, rowMaker } from './raw-database.ts';
import { temporaryFolder } from './temporary-folder.ts';

const aimRatio = 0.8;
const callerCounts = [64, 256];
const rounds = 5;
const appendsPerCaller = 160;

/**
 * Appends per second of the SQLite event store through its port, beside the raw group-commit loop: the same callers, who
 * each wait for their append, gathered until the end of a turn and written in one transaction by the same thread, with
 * no check of anything. A stricter reference has no callers at all: rows that are JSON already, inserted by a thread in
 * as many transactions as the store made. All run in turns on one disk, and the median round counts.
 */
export const append: Bench = async ({ quick, signal }) => {
  await using folder = await temporaryFolder();
  const table = [];
  for (const callers of callerCounts) {
    table.push(await measure(folder.path, callers, { rounds: quick ? 1 : rounds, signal }));
  }
  return {
    table,
    notes: ['Ratios are medians of the rounds, so they need not be those of the medians.'],
    aims: [
      aimAtLeast('appends, ratio to the raw group-commit loop', aimRatio, Math.min(...table.map(({ ratio }) => ratio))),
    ],
  };
};

interface Round {
  readonly port: number;
  readonly eventsPerCommit: number;
  readonly groupCommit: number;
  readonly inserts: number;
}

async function measure(
  folder: string,
  callerCount: number,
  { rounds, signal }: { readonly rounds: number; readonly signal: AbortSignal },
) {
  const measured: Round[] = [];
  for (let round = 0; round <= rounds; round++) {
    signal.throwIfAborted();
    const callers = planCallers({ callers: callerCount, appendsPerCaller });
    const file = (name: string) => join(folder, `${name}-${callerCount}-${round}.db`);
    const { perSecond: port, eventsPerCommit } = await throughPort(file('port'), callers);
    const groupCommit = await throughGroupCommit(file('group-commit'), callers);
    const inserts = await bareInserts(file('inserts'), callers, eventsPerCommit);
    // The first round warms up the compiler.
    if (round > 0) measured.push({ port, eventsPerCommit, groupCommit, inserts });
  }
  const medianOf = (figure: (round: Round) => number) => median(measured.map(figure));
  return {
    callers: callerCount,
    eventsPerCommit: medianOf((round) => round.eventsPerCommit),
    portPerSecond: Math.round(medianOf((round) => round.port)),
    groupCommitPerSecond: Math.round(medianOf((round) => round.groupCommit)),
    ratio: rounded(
      medianOf((round) => round.port / round.groupCommit),
      2,
    ),
    bareInsertsPerSecond: Math.round(medianOf((round) => round.inserts)),
    ratioToBareInserts: rounded(
      medianOf((round) => round.port / round.inserts),
      2,
    ),
  };
}

async function throughPort(file: string, callers: Callers) {
  let commits = 0;
  const store = await openSqliteEventStore({ file });
  store.onCommit(() => {
    commits += 1;
  });
  const perSecond = await appendsPerSecond(callers, async ({ stream, revision, event }) => {
    const result = await store.append(stream, revision === 0 ? 'no_stream' : revision - 1, [event]);
    if (!result.ok) throw new Error('A caller with streams of its own was refused.');
  });
  await store.stop();
  return { perSecond, eventsPerCommit: Math.max(1, Math.round((callers.length * appendsPerCaller) / commits)) };
}

async function throughGroupCommit(file: string, callers: Callers): Promise<number> {
  const database = await openGroupCommit(file);
  const perSecond = await appendsPerSecond(callers, database.append);
  database.close();
  return perSecond;
}

async function bareInserts(file: string, callers: Callers, eventsPerCommit: number): Promise<number> {
  await createTables(file);
  const rows = Array.from({ length: appendsPerCaller }, (_, turn) =>
    callers.flatMap((planned) => planned.slice(turn, turn + 1)),
  );
  const run: RawAppendRun = { file, rows: rows.flat().map(rowMaker()), eventsPerCommit };
  const worker = new Worker(new URL('./append-raw-thread.ts', import.meta.url), { workerData: run });
  const seconds = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return (callers.length * appendsPerCaller) / seconds;
}
