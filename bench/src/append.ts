import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { NewEvent } from '@yardmaster/application';
import { openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import type { RawAppendRun, RawRow } from './append-raw-thread.ts';
import { aimAtLeast, type Bench } from './bench.ts';
import { median, rounded } from './percentiles.ts';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * Appends per second of the SQLite event store through its port, against a bare loop over `node:sqlite` in a thread:
 * the same rows, tables, pragmas and events per transaction, already as JSON, with nothing around it. A second bare loop
 * writes one append of every caller per transaction, the best that callers who wait for their appends allow at all.
 * All run in turns on one disk, and the median round counts.
 */
export const append: Bench = async ({ quick, signal }) => {
  await using folder = await temporaryFolder();
  const table = [];
  for (const callers of callerCounts)
    table.push(await measure(folder.path, callers, { rounds: quick ? 1 : rounds, signal }));
  return {
    table,
    notes: [],
    aims: [aimAtLeast('appends, ratio to the raw loop', aimRatio, Math.min(...table.map(({ ratio }) => ratio)))],
  };
};

const aimRatio = 0.8;
const callerCounts = [64, 256];
const rounds = 5;
const appendsPerCaller = 160;
/** A build has about so many events; then its caller goes on with a new stream. */
const eventsPerStream = 20;

interface Planned {
  readonly stream: string;
  readonly revision: number;
  readonly event: NewEvent;
}

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

type Callers = readonly (readonly Planned[])[];

async function throughPort(file: string, callers: Callers) {
  let commits = 0;
  const onCommit = () => {
    commits += 1;
  };
  const store = await openSqliteEventStore({ file, onCommit });
  const startMs = performance.now();
  await Promise.all(
    callers.map(async (planned) => {
      for (const { stream, revision, event } of planned) {
        const result = await store.append(stream, revision === 0 ? 'no_stream' : revision - 1, [event]);
        if (!result.ok) throw new Error('A caller with streams of its own was refused.');
      }
    }),
  );
  const seconds = (performance.now() - startMs) / 1_000;
  await store.stop();
  const appends = callers.length * appendsPerCaller;
  return { perSecond: appends / seconds, eventsPerCommit: Math.max(1, Math.round(appends / commits)) };
}

async function rawLoop(file: string, callers: Callers, eventsPerCommit: number): Promise<number> {
  // The store makes the file, so that the tables are the same.
  await (await openSqliteEventStore({ file })).stop();
  const streamIds = new Map<string, number>();
  const rows = Array.from({ length: appendsPerCaller }, (_, turn) =>
    callers.flatMap((planned) => planned.slice(turn, turn + 1)),
  )
    .flat()
    .map(({ stream, revision, event }): RawRow => {
      if (revision === 0) streamIds.set(stream, streamIds.size + 1);
      const streamId = streamIds.get(stream) ?? 0;
      const [data, metadata] = [JSON.stringify(event.data), JSON.stringify(event.metadata)];
      return { stream, streamId, revision, eventId: event.metadata.eventId, type: event.type, data, metadata };
    });
  const run: RawAppendRun = { file, rows, eventsPerCommit };
  const worker = new Worker(new URL('./append-raw-thread.ts', import.meta.url), { workerData: run });
  const seconds = await new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  return (callers.length * appendsPerCaller) / seconds;
}

async function measure(
  folder: string,
  callerCount: number,
  { rounds, signal }: { readonly rounds: number; readonly signal: AbortSignal },
) {
  const measured: {
    readonly port: number;
    readonly eventsPerCommit: number;
    readonly raw: number;
    readonly ideal: number;
  }[] = [];
  for (let round = 0; round <= rounds; round++) {
    signal.throwIfAborted();
    const callers = Array.from({ length: callerCount }, planCaller);
    const file = (name: string) => join(folder, `${name}-${callerCount}-${round}.db`);
    const { perSecond: port, eventsPerCommit } = await throughPort(file('port'), callers);
    const raw = await rawLoop(file('raw'), callers, eventsPerCommit);
    const ideal = await rawLoop(file('ideal'), callers, callerCount);
    // The first round warms up the compiler.
    if (round > 0) measured.push({ port, eventsPerCommit, raw, ideal });
  }
  return {
    callers: callerCount,
    eventsPerCommit: median(measured.map((round) => round.eventsPerCommit)),
    portPerSecond: Math.round(median(measured.map((round) => round.port))),
    rawPerSecond: Math.round(median(measured.map((round) => round.raw))),
    ratio: rounded(median(measured.map((round) => round.port / round.raw)), 2),
    ratioToOneCommitPerTurn: rounded(median(measured.map((round) => round.port / round.ideal)), 2),
  };
}
