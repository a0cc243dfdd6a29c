import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { createActors, openReadModels, type RecordedEvent, systemClock } from '@yardmaster/application';
import { finalStatuses, JobId, statusOf } from '@yardmaster/domain';
import { openEventStore } from '@yardmaster/event-store/open';
import { startWireServerProcess } from '@yardmaster/event-store/wire-server';
import { aBuildRequest, happyCommand } from '@yardmaster/testing';
import { z } from 'zod';
import type { Bench } from './bench.ts';
import { bareClient, bareSqlite, type Contender } from './event-store-contenders.ts';
import { median, rounded } from './percentiles.ts';
import { openGroupCommit } from './raw-database.ts';
import { repositoryRoot } from './repository.ts';
import { temporaryFolder } from './temporary-folder.ts';

const load = { events: 200_000, referenceAppends: 9_000 };
const quickLoad = { events: 10_000, referenceAppends: 900 };
const referenceTurns = 3;
/** Builds that are under way at the same time, so that the events of each are far apart in the log. */
const buildsAtOnce = 64;
/** Each copy is killed twice, at a random moment within these parts of it, and then completed. */
const kills = [
  { from: 0.1, to: 0.4 },
  { from: 0.5, to: 0.9 },
];
const pollIntervalMs = 20;

/**
 * `yardmaster copy` of a busy queue's history from SQLite to EventStoreDB (the wire server in a process of its own) and
 * back into another SQLite file, each killed on the way and completed by the same command. Fails unless all three stores
 * have the same chain heads and make the same read models. Beside it, in the same run: the same appends one after the
 * other by the bare client, and by bare transactions on the same tables.
 */
export const copy: Bench = async ({ quick, signal }) => {
  const { events, referenceAppends } = quick ? quickLoad : load;
  await using folder = await temporaryFolder();
  await using opened = new AsyncDisposableStack();
  const file = (name: string) => join(folder.path, `${name}.sqlite`);
  const startServer = async (name: string) =>
    opened.adopt(await startWireServerProcess(file(name)), async ({ end }) => void (await end('SIGTERM')));
  await recordBuilds(file('source'), events);
  const server = await startServer('server');

  const references = [
    opened.use(bareClient('', (await startServer('reference')).url, '')),
    bareSqlite(
      '',
      opened.adopt(await openGroupCommit(file('raw')), (database) => database.close()),
    ),
  ];
  const runs = await firstRuns(file('source'), referenceAppends);
  const measured: number[][] = [[], []];
  const measureReferences = async () => {
    const next = runs.splice(0, referenceAppends / referenceTurns);
    for (const [index, reference] of references.entries()) {
      measured[index]?.push(await appendedPerSecond(reference, next, signal));
    }
  };

  const total = eventsIn(file('source'));
  await measureReferences();
  const there = await copyKilled({ from: file('source'), to: server.url, watched: file('server'), total, signal });
  await measureReferences();
  const back = await copyKilled({ from: server.url, to: file('back'), watched: file('back'), total, signal });
  await measureReferences();
  assert.equal(there.result.events, total, 'Not everything was copied.');
  assert.equal(back.result.digest, there.result.digest, 'The chain heads differ.');
  const readModels = await readModelsOf(file('source'), folder.path);
  for (const location of [server.url, file('back')]) {
    assert.deepEqual(await readModelsOf(location, folder.path), readModels, `${location} gives other read models.`);
  }
  return {
    table: [
      row('SQLite to EventStoreDB', there, median(measured[0] ?? [])),
      row('EventStoreDB to SQLite', back, median(measured[1] ?? [])),
    ],
    notes: [
      `${there.result.events} events of ${there.result.streams} streams; three stores with the same digest of all chains`,
      `(${there.result.digest}) and the same rows in all ${readModels.length} tables of their read models.`,
      `Reference: the first ${referenceAppends} appends of the copy one after the other, bare: the median of ${referenceTurns} turns`,
      'before, between and after the copies. Comparing reads both stores.',
    ],
    aims: [],
  };
};

function row(what: string, { killedAt, copiedPerSecond, result }: KilledCopy, reference: number) {
  return {
    what,
    events: result.events,
    killedAtEvent: killedAt.join(', '),
    copiedPerSecond: Math.round(copiedPerSecond),
    referencePerSecond: Math.round(reference),
    ratio: rounded(copiedPerSecond / reference, 2),
    comparedPerSecond: Math.round((result.events * 1_000) / result.phasesMs.verifying),
  };
}

/** The history of a busy queue, as real actors record it: so many builds under way at once, each with about 20 events. */
async function recordBuilds(file: string, wanted: number): Promise<void> {
  const store = await openEventStore(file);
  const { buildJob } = createActors({ store, clock: systemClock, newId: randomUUID, random: Math.random });
  const by = { actor: { kind: 'system', name: 'bench' } } as const;
  let events = 0;
  const recordBuild = async () => {
    const id = JobId.parse(randomUUID());
    const request = aBuildRequest();
    for (let { state } = await buildJob.load(id); !finalStatuses.has(statusOf(state.value)); ) {
      const handled = await buildJob.handle(id, happyCommand(state, request), by);
      if (!handled.ok) throw new Error(handled.rejection.message);
      events += handled.events.length;
      state = handled.state;
    }
  };
  const keepBuilding = async () => {
    while (events < wanted) await recordBuild();
  };
  await Promise.all(Array.from({ length: buildsAtOnce }, keepBuilding));
  await store.stop();
}

const Result = z.object({
  status: z.literal('completed'),
  events: z.number(),
  streams: z.number(),
  digest: z.string(),
  phasesMs: z.object({ verifying: z.number() }),
});

interface CopyAsked {
  readonly from: string;
  readonly to: string;
  /** The SQLite file that the target is kept in: shows how far the copy is. */
  readonly watched: string;
  readonly total: number;
  readonly signal: AbortSignal;
}

interface KilledCopy {
  readonly killedAt: readonly number[];
  /** Over the runs that were killed, from the first event that the target got of each to the last. */
  readonly copiedPerSecond: number;
  readonly result: z.infer<typeof Result>;
}

async function copyKilled({ total, watched, signal, ...asked }: CopyAsked): Promise<KilledCopy> {
  const killedAt: number[] = [];
  let [copied, copyingMs] = [0, 0];
  for (const { from, to } of kills) {
    const before = eventsIn(watched);
    const run = startCopy(asked);
    try {
      const began = await untilMoreThan(before, { watched, run, signal });
      await untilMoreThan(total * (from + Math.random() * (to - from)), { watched, run, signal });
      copyingMs += performance.now() - began.atMs;
      copied += eventsIn(watched) - began.events;
    } finally {
      run.child.kill('SIGKILL');
      await run.ended;
    }
    killedAt.push(eventsIn(watched));
  }
  const { code, out, err } = await startCopy({ ...asked, signal }).ended;
  assert.equal(code, 0, `The copy did not go on: ${err}`);
  return { killedAt, copiedPerSecond: (copied * 1_000) / copyingMs, result: Result.parse(JSON.parse(out)) };
}

type CopyRun = ReturnType<typeof startCopy>;

function startCopy({
  from,
  to,
  signal,
}: {
  readonly from: string;
  readonly to: string;
  readonly signal?: AbortSignal;
}) {
  const args = [join(repositoryRoot, 'apps/cli/src/main.ts'), 'copy', from, to, '--json'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => child.kill();
  signal?.addEventListener('abort', stop, { once: true });
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
    ([[code], out, err]) => ({ code: code as number | null, out, err }),
  );
  return { child, ended };
}

async function untilMoreThan(
  wanted: number,
  { watched, run, signal }: { readonly watched: string; readonly run: CopyRun; readonly signal: AbortSignal },
): Promise<{ readonly events: number; readonly atMs: number }> {
  for (;;) {
    const events = eventsIn(watched);
    if (events > wanted) return { events, atMs: performance.now() };
    if (run.child.exitCode !== null) throw new Error(`The copy ended before it was killed: ${(await run.ended).err}`);
    await delay(pollIntervalMs, undefined, { signal });
  }
}

/** How many events there are in the SQLite file of a store; 0 before it is one. */
function eventsIn(file: string): number {
  if (!existsSync(file)) return 0;
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    return Number(database.prepare('SELECT max(position) AS events FROM events').get()?.events ?? 0);
  } catch {
    return 0; // its tables are being made
  } finally {
    database.close();
  }
}

/** Name, size and content of each table of fresh read models, but for positions, which are each store's own. */
async function readModelsOf(location: string, folder: string) {
  const store = await openEventStore(location);
  const file = join(folder, `read-models-${randomUUID()}.sqlite`);
  const readModels = openReadModels({ file, store, previewUrl: (label) => label, clock: systemClock });
  await readModels.start();
  await readModels.stop();
  await store.stop();
  const database = new DatabaseSync(file, { readOnly: true });
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'checkpoint'").all();
  const tables = names.map(({ name }) => {
    const content = createHash('sha256');
    let rows = 0;
    for (const { position: _, ...row } of database.prepare(`SELECT * FROM ${name} ORDER BY rowid`).iterate()) {
      content.update(`${JSON.stringify(row)}\n`);
      rows += 1;
    }
    return { name, rows, content: content.digest('hex') };
  });
  database.close();
  return tables;
}

type Run = readonly [RecordedEvent, ...RecordedEvent[]];

/** What the copy appends together, from the beginning. */
async function firstRuns(file: string, count: number): Promise<Run[]> {
  const store = await openEventStore(file);
  const runs: [RecordedEvent, ...RecordedEvent[]][] = [];
  for (const event of await store.readAll({ limit: 2 * count })) {
    const last = runs.at(-1);
    if (last?.[0].stream === event.stream) last.push(event);
    else if (runs.push([event]) > count) break;
  }
  await store.stop();
  return runs.slice(0, count);
}

async function appendedPerSecond({ append }: Contender, runs: readonly Run[], signal: AbortSignal): Promise<number> {
  const startMs = performance.now();
  for (const run of runs) {
    signal.throwIfAborted();
    await append(run[0].stream, run[0].revision, run);
  }
  return (runs.flat().length * 1_000) / (performance.now() - startMs);
}
