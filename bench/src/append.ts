import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { NewEvent } from '@yardmaster/application';
import { openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import type { RawAppendRun } from './append-raw-thread.ts';
import { aimAtLeast, type Bench } from './bench.ts';
import { median, rounded } from './percentiles.ts';
import { openRawDatabase, type RawRow } from './raw-database.ts';
import { temporaryFolder } from './temporary-folder.ts';

const aimRatio = 0.8;
const callerCounts = [64, 256];
const rounds = 5;
const appendsPerCaller = 160;
/** A build has about so many events; then its caller goes on with a new stream. */
const eventsPerStream = 20;

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
    const callers = Array.from({ length: callerCount }, planCaller);
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

interface Planned {
  readonly stream: string;
  readonly revision: number;
  readonly event: NewEvent;
}

type Callers = readonly (readonly Planned[])[];

function planCaller(): Planned[] {
  let stream = '';
  return Array.from({ length: appendsPerCaller }, (_, index) => {
    const revision = index % eventsPerStream;
    if (revision === 0) stream = `buildJob-${randomUUID()}`;
    return { stream, revision, event: newEvent(stream, revision) };
  });
}

function newEvent(stream: string, revision: number): NewEvent {
  const eventId = randomUUID();
  return {
    type: 'StepStarted',
    data: { step: 'installing', attempt: 1, progress: 30, text: 'Installing dependencies…', startedAt: Date.now() },
    metadata: {
      eventId,
      stream,
      revision,
      occurredAt: '2026-01-02T03:04:05.678Z',
      actor: { kind: 'system', name: 'bench' },
      correlationId: eventId,
      causationId: null,
      from: 'queued',
      to: { building: 'installing' },
      machineVersion: 1,
      schemaVersion: 1,
      traceparent: null,
      hash: 'a'.repeat(64),
    },
  };
}

async function throughPort(file: string, callers: Callers) {
  let commits = 0;
  const onCommit = () => {
    commits += 1;
  };
  const store = await openSqliteEventStore({ file, onCommit });
  const perSecond = await appendsPerSecond(callers, async ({ stream, revision, event }) => {
    const result = await store.append(stream, revision === 0 ? 'no_stream' : revision - 1, [event]);
    if (!result.ok) throw new Error('A caller with streams of its own was refused.');
  });
  await store.stop();
  return { perSecond, eventsPerCommit: Math.max(1, Math.round((callers.length * appendsPerCaller) / commits)) };
}

/** The least that group commit takes: no thread, no check of the event, the name or the revision. */
async function throughGroupCommit(file: string, callers: Callers): Promise<number> {
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
  const perSecond = await appendsPerSecond(callers, (planned) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (waiting.length === 0) setImmediate(commit);
    waiting.push({ row: toRow(planned), resolve });
    return promise;
  });
  database.close();
  return perSecond;
}

/** Each caller sends its next append when the one before is on disk. */
async function appendsPerSecond(callers: Callers, append: (planned: Planned) => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await Promise.all(
    callers.map(async (planned) => {
      for (const one of planned) await append(one);
    }),
  );
  return (callers.length * appendsPerCaller * 1_000) / (performance.now() - startMs);
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

/** The store makes the file, so that the tables are the same. */
async function createTables(file: string): Promise<void> {
  await (await openSqliteEventStore({ file })).stop();
}

function rowMaker(): (planned: Planned) => RawRow {
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
