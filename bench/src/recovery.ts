import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Actors, createActors, type EventStore, requestBuild, systemClock } from '@yardmaster/application';
import { type BuildSource, isTerminal, JobId, UserId, WebsiteId } from '@yardmaster/domain';
import { openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import { createApi, uploadBody } from './api.ts';
import { aimBelow, type Bench } from './bench.ts';
import { median, rounded } from './percentiles.ts';
import { processTree } from './process-tree.ts';
import { writePlainPage, zipFolder } from './sample-projects.ts';
import { startProduct } from './started-product.ts';
import { temporaryFolder } from './temporary-folder.ts';

const aimSeconds = 5;
const waitingBuilds = 10_000;
const buildsPerWebsite = 100;
const requestsAtOnce = 64;
const rounds = 3;

interface Recovery {
  readonly servesMs: number;
  readonly readyMs: number;
  readonly dispatchedMs: number;
}

/**
 * `kill -9` to every process while two builds run and ten thousand wait, then `npm start`: until requests are served,
 * until builds can run, and until the first build is dispatched. Beside it the same with an empty queue.
 */
export const recovery: Bench = async ({ quick, signal }) => {
  await using folder = await temporaryFolder();
  const waiting = quick ? waitingBuilds / 20 : waitingBuilds;
  const idle = await crashAndRecover({ dataDir: join(folder.path, 'idle'), waiting: 2, quick, signal });
  const busy = await crashAndRecover({ dataDir: join(folder.path, 'busy'), waiting, quick, signal });
  const seconds = (of: readonly Recovery[], key: keyof Recovery) =>
    rounded(median(of.map((one) => one[key])) / 1_000, 2);
  const row = (what: string, key: keyof Recovery) => ({
    what,
    [`${waiting} waiting`]: seconds(busy, key),
    'reference: 2 waiting': seconds(idle, key),
    all: busy.map((one) => rounded(one[key] / 1_000, 2)).join(' '),
  });
  return {
    table: [
      row('npm start → /readyz answers 200, s', 'servesMs'),
      row('npm start → builds can run, s', 'readyMs'),
      row('npm start → first BuildDispatched, s', 'dispatchedMs'),
    ],
    notes: ['The builds that ran when everything was killed are lost attempts first, which takes a second.'],
    aims: [
      aimBelow(`ready after kill -9 with ${waiting} waiting, median`, aimSeconds, 's', seconds(busy, 'readyMs')),
      aimBelow(
        `first dispatch after kill -9 with ${waiting} waiting, median`,
        aimSeconds,
        's',
        seconds(busy, 'dispatchedMs'),
      ),
    ],
  };
};

async function crashAndRecover({
  dataDir,
  waiting,
  quick,
  signal,
}: {
  readonly dataDir: string;
  readonly waiting: number;
  readonly quick: boolean;
  readonly signal: AbortSignal;
}): Promise<readonly Recovery[]> {
  const source = await buildOnce(dataDir, signal);
  const recoveries: Recovery[] = [];
  // The first start only catches up with what was requested while nothing ran.
  for (let round = 0; round <= (quick ? 1 : rounds); round++) {
    await withStore(dataDir, (store) => fillUp(store, { source, waiting }));
    recoveries.push(await startAndCrash(dataDir, signal));
  }
  return recoveries.slice(1);
}

/** A real build, whose source the waiting ones share. */
async function buildOnce(dataDir: string, signal: AbortSignal): Promise<BuildSource> {
  await using product = await startProduct({ dataDir, signal });
  const archive = await zipFolder(await writePlainPage(join(dataDir, '..', 'page')));
  const api = createApi(product);
  const jobId = await api.upload(await uploadBody({ name: 'page', priority: 5, archive, fileName: 'page.zip' }));
  await api.untilCompleted(jobId, signal);
  return await withStore(dataDir, async (store) => {
    const { state } = await actorsOn(store).buildJob.load(JobId.parse(jobId));
    if (state.context.request === null) throw new Error(`Build ${jobId} has no request.`);
    return state.context.request.source;
  });
}

/** Requests builds until so many wait, as the gateway does; some have ended since the last time. */
async function fillUp(
  store: EventStore,
  { source, waiting }: { readonly source: BuildSource; readonly waiting: number },
) {
  const actors = actorsOn(store);
  const missing = waiting - (await countOpen(store));
  for (let made = 0; made < missing; made += buildsPerWebsite) {
    const count = Math.min(buildsPerWebsite, missing - made);
    await requestBuilds(actors, { source, count });
  }
}

async function requestBuilds(
  actors: Actors,
  { source, count }: { readonly source: BuildSource; readonly count: number },
) {
  const id = WebsiteId.parse(randomUUID());
  const owner = UserId.parse('admin');
  for (let made = 0; made < count; made += requestsAtOnce) {
    const requests = Array.from({ length: Math.min(requestsAtOnce, count - made) }, () =>
      requestBuild(actors, {
        owner,
        website: { kind: 'new', id, name: `site ${id.slice(0, 8)}` },
        jobId: JobId.parse(randomUUID()),
        source,
        preview: 'static',
        priority: 5,
      }),
    );
    for (const requested of await Promise.all(requests)) {
      if (!requested.ok) throw new Error(requested.rejection.message);
    }
  }
}

async function countOpen(store: EventStore): Promise<number> {
  let open = 0;
  const last = await store.lastPosition();
  if (last === null) return 0;
  for await (const batch of store.subscribeToAll()) {
    for (const event of batch) open += event.type === 'BuildRequested' ? 1 : isTerminal(event) ? -1 : 0;
    if (batch.some(({ position }) => store.comparePositions(position, last) >= 0)) break;
  }
  return open;
}

async function startAndCrash(dataDir: string, signal: AbortSignal): Promise<Recovery> {
  return await withStore(dataDir, async (store) => {
    const after = await store.lastPosition();
    const startedAtMs = Date.now();
    const dispatched = firstDispatch(store, after);
    const product = await startProduct({ dataDir, signal });
    const dispatchedMs = (await dispatched) - startedAtMs;
    await untilBuilding(createApi(product), signal);
    const pids = processTree(product.pid);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    while (pids.some((pid) => processTree(pid).length > 0)) await delay(10);
    return { servesMs: product.servesAfterMs, readyMs: product.readyAfterMs, dispatchedMs };
  });
}

/** When the first build after a position was dispatched, in milliseconds since 1970. */
async function firstDispatch(
  store: EventStore,
  after: Awaited<ReturnType<EventStore['lastPosition']>>,
): Promise<number> {
  for await (const batch of store.subscribeToAll(after === null ? {} : { after })) {
    const found = batch.find(({ type }) => type === 'BuildDispatched');
    if (found !== undefined) return Date.parse(found.metadata.occurredAt);
  }
  throw new Error('The event store ended before a build was dispatched.');
}

async function untilBuilding(api: ReturnType<typeof createApi>, signal: AbortSignal): Promise<void> {
  while ((await api.building()) === 0) await delay(50, undefined, { signal });
}

const actorsOn = (store: EventStore): Actors =>
  createActors({ store, clock: systemClock, newId: () => randomUUID(), random: Math.random });

async function withStore<Result>(dataDir: string, use: (store: EventStore) => Promise<Result>): Promise<Result> {
  const store = await openSqliteEventStore({ file: join(dataDir, 'events.sqlite') });
  try {
    return await use(store);
  } finally {
    await store.stop();
  }
}
