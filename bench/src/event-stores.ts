import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { openEventStoreDb } from '@yardmaster/event-store/eventstoredb';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import { startWireServerProcess } from '@yardmaster/event-store/wire-server';
import { appendsPerSecond, newEvent, planCallers } from './append-load.ts';
import type { Bench } from './bench.ts';
import { bareClient, bareSqlite, type Contender, eventStore } from './event-store-contenders.ts';
import { median, percentile, rounded } from './percentiles.ts';
import { openGroupCommit } from './raw-database.ts';
import { temporaryFolder } from './temporary-folder.ts';

const rounds = 3;
const load = { single: 400, callers: 64, appendsPerCaller: 30, batches: 40, eventsPerBatch: 100, timed: 300 };
const quickLoad = { ...load, single: 60, appendsPerCaller: 4, batches: 8, timed: 50 };
type Load = typeof load;

/**
 * Every event store through its port under the same load, each beside what it stands on: the SQLite one beside its tables
 * written in the raw group-commit loop of the bench `append`, EventStoreDB beside its bare client on the same server.
 * That server is the wire server in a process of its own, and a real one too where EVENTSTORE_URL names one. All take
 * turns in each round, and the median round counts.
 */
export const eventStores: Bench = async ({ quick, signal }) => {
  await using folder = await temporaryFolder();
  await using opened = new AsyncDisposableStack();
  const contenders = await openAll(folder.path, opened);
  const measured = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= (quick ? 1 : rounds); round++) {
    for (const contender of contenders) {
      signal.throwIfAborted();
      const figures = await measure(contender, quick ? quickLoad : load, signal);
      // The first round warms up the compiler.
      if (round > 0) measured.get(contender.name)?.push(figures);
    }
  }
  return {
    table: contenders.map(({ name }) => ({ store: name, ...summary(measured.get(name) ?? []) })),
    notes: [
      'Per second: appends of one event by 1 and by 64 callers, events in appends of 100, events read and subscribed to.',
      'Milliseconds from an append to its subscriber. Indented: what the store above stands on, without its promises.',
      ...(process.env.EVENTSTORE_URL === undefined
        ? ['The wire server is for tests; EVENTSTORE_URL=esdb://… measures a real EventStoreDB too.']
        : []),
    ],
    aims: [],
  };
};

async function openAll(folder: string, opened: AsyncDisposableStack): Promise<readonly Contender[]> {
  const stopping = <Store extends { stop(): Promise<void> }>(store: Store) => opened.adopt(store, () => store.stop());
  const memory = stopping(createMemoryEventStore());
  const sqlite = stopping(await openSqliteEventStore({ file: join(folder, 'sqlite.db') }));
  const raw = opened.adopt(await openGroupCommit(join(folder, 'raw.db')), (database) => database.close());
  const server = opened.adopt(
    await startWireServerProcess(join(folder, 'server.db')),
    async ({ end }) => void (await end('SIGTERM')),
  );
  const overServer = async (name: string, url: string, streamPrefix: string) => [
    eventStore(name, stopping(await openEventStoreDb({ url, streamPrefix }))),
    opened.use(bareClient(`  ${name}, bare`, url, streamPrefix)),
  ];
  const realUrl = process.env.EVENTSTORE_URL;
  return [
    eventStore('memory', memory),
    eventStore('SQLite', sqlite),
    bareSqlite('  SQLite, bare', raw),
    ...(await overServer('wire server', server.url, '')),
    // A real server may be somebody's: this run's streams have a name of their own there.
    ...(realUrl === undefined
      ? []
      : await overServer('EventStoreDB', realUrl, `bench${randomBytes(6).toString('hex')}-`)),
  ];
}

interface Round {
  readonly single: number;
  readonly many: number;
  readonly batched: number;
  readonly read: number;
  /** Null where there are no subscriptions. */
  readonly followed: { readonly perSecond: number; readonly latenciesMs: readonly number[] } | null;
}

async function measure(contender: Contender, load: Load, signal: AbortSignal): Promise<Round> {
  const { append } = contender;
  const appended = await contender.fromNow();
  const throughput = ({ callers, appendsPerCaller }: { callers: number; appendsPerCaller: number }) =>
    appendsPerSecond(planCallers({ callers, appendsPerCaller }), ({ stream, revision, event }) =>
      append(stream, revision, [event]),
    );
  const single = await throughput({ callers: 1, appendsPerCaller: load.single });
  const many = await throughput(load);
  const batched = await perSecond(load.batches * load.eventsPerBatch, () => appendBatches(contender, load));
  signal.throwIfAborted();
  const events = load.single + load.callers * load.appendsPerCaller + load.batches * load.eventsPerBatch;
  const read = await perSecond(events, () => appended.read(events));
  const { follow } = appended;
  if (follow === null) return { single, many, batched, read, followed: null };
  const followed = await perSecond(events, () => seen(follow, events));
  return {
    single,
    many,
    batched,
    read,
    followed: { perSecond: followed, latenciesMs: await latencies(contender, load) },
  };
}

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (count * 1_000) / (performance.now() - startMs);
}

async function appendBatches({ append }: Contender, { batches, eventsPerBatch }: Load): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    const stream = `buildJob-${randomUUID()}`;
    const events = Array.from({ length: eventsPerBatch }, (_, revision) => newEvent(stream, revision));
    await append(stream, 0, events);
  }
}

type Follow = (signal: AbortSignal) => AsyncIterable<readonly string[]>;

async function seen(follow: Follow, count: number): Promise<void> {
  const enough = new AbortController();
  let delivered = 0;
  for await (const ids of follow(enough.signal)) {
    delivered += ids.length;
    if (delivered >= count) break;
  }
  enough.abort();
}

/** One event after the other: the next is appended when the subscriber has seen the one before. */
async function latencies(contender: Contender, { timed }: Load): Promise<readonly number[]> {
  const { follow } = await contender.fromNow();
  if (follow === null) return [];
  const ended = new AbortController();
  let arrived = (_: string) => {};
  const following = (async () => {
    for await (const ids of follow(ended.signal)) for (const id of ids) arrived(id);
  })();
  const samplesMs: number[] = [];
  const stream = `buildJob-${randomUUID()}`;
  for (let revision = 0; revision < timed; revision++) {
    const event = newEvent(stream, revision);
    const delivered = new Promise<void>((resolve) => {
      arrived = (id) => id === event.metadata.eventId && resolve();
    });
    const startMs = performance.now();
    await contender.append(stream, revision, [event]);
    await Promise.race([delivered, following]);
    samplesMs.push(performance.now() - startMs);
  }
  ended.abort();
  await following;
  return samplesMs;
}

function summary(rounds: readonly Round[]) {
  const medianOf = (figure: (round: Round) => number | undefined) =>
    median(rounds.map(figure).filter((value) => value !== undefined));
  const whole = (figure: (round: Round) => number) => Math.round(medianOf(figure));
  const latencyMs = (percent: number) =>
    rounded(
      medianOf(({ followed }) => followed?.latenciesMs && percentile(followed.latenciesMs, percent)),
      2,
    );
  const isFollowed = rounds.some(({ followed }) => followed !== null);
  return {
    '1 caller': whole(({ single }) => single),
    '64 callers': whole(({ many }) => many),
    'in 100s': whole(({ batched }) => batched),
    readAll: whole(({ read }) => read),
    subscribe: isFollowed ? Math.round(medianOf(({ followed }) => followed?.perSecond)) : '',
    'p50 ms': isFollowed ? latencyMs(50) : '',
    'p99 ms': isFollowed ? latencyMs(99) : '',
  };
}
