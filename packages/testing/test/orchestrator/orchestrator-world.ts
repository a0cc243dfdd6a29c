import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Actors,
  createActors,
  createArtifactTokens,
  type EventStore,
  type LeaderLease,
  type Log,
  leadWhileElected,
  listenToFleet,
  openLogStore,
  openReadModels,
  type ReadModels,
  type RecordedEvent,
  requestBuild,
  type StoreWatch,
  silentLog,
  systemClock,
  watchStore,
} from '@yardmaster/application';
import { type JobId, JobId as toJobId, UserId, WebsiteId } from '@yardmaster/domain';
import { openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import {
  connectNats,
  createLeaderLease,
  createOrchestratorMessaging,
  openFilesystemArtifactStore,
} from '@yardmaster/messaging';
import { type NatsServerProcess, startNatsServer } from '@yardmaster/messaging/testing';
import { aBuildSource } from '../../src/fixtures.ts';
import { type ScriptedWorker, startScriptedWorker } from './scripted-worker.ts';

const owner = UserId.parse('owner');

/** One of several servers: what they share is the event store, the artifacts and the nats-server. */
export interface OrchestratorServer {
  readonly lease: LeaderLease;
  readonly readModels: ReadModels;
  /** Resolves when this server leads. */
  leads(): Promise<void>;
  /** Ends it in good order: the lease is given back. */
  stop(): Promise<void>;
  /** Takes it off the network for good, so that its lease runs out with nothing said. */
  cutOff(): Promise<void>;
}

/** The orchestrator on a real event store and a real nats-server, with workers that do what a test tells them. */
export interface OrchestratorWorld {
  readonly nats: NatsServerProcess;
  readonly store: EventStore;
  /** Starts another server beside the first. With a lease given, it believes that one. */
  startServer(id: string, options?: { readonly lease?: LeaderLease }): Promise<OrchestratorServer>;
  readonly firstServer: OrchestratorServer;
  request(options?: { readonly priority?: number }): Promise<JobId>;
  cancel(jobId: JobId): Promise<void>;
  /** Damages the history of a job: its last event stands there twice. */
  drift(jobId: JobId): Promise<void>;
  worker(id: string, options: { readonly slots: number }): ScriptedWorker;
  history(jobId: JobId): Promise<readonly RecordedEvent[]>;
  /** Resolves when the job's history holds an event of this type. */
  until(jobId: JobId, type: string): Promise<readonly RecordedEvent[]>;
  /** Ends the orchestrator as a crash would, as far as its memory goes, and starts another on the same data. */
  restartOrchestrator(): Promise<void>;
  stop(): Promise<void>;
}

export async function openOrchestratorWorld({
  openStore = (folder) => openSqliteEventStore({ file: join(folder, 'events.sqlite') }),
  log = silentLog,
  lease,
}: {
  readonly openStore?: (folder: string) => Promise<EventStore>;
  /** Where the orchestrator writes. */
  readonly log?: Log;
  /** What the first server believes instead of a real lease. */
  readonly lease?: LeaderLease;
} = {}): Promise<OrchestratorWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestrator-'));
  const nats = await startNatsServer({ dataDir: join(folder, 'nats') });
  const storeWatch = await watchedStore();
  const { store } = storeWatch;
  const artifacts = await openFilesystemArtifactStore({ root: folder });
  const artifactTokens = createArtifactTokens({ key: randomBytes(32), clock: systemClock });
  const actors = actorsOn(storeWatch);
  const workers: ScriptedWorker[] = [];
  const others: OrchestratorServer[] = [];
  let first = await start('server', { storeWatch, actors, lease });

  return {
    nats,
    store,
    get firstServer() {
      return first;
    },
    async startServer(id, options) {
      // With a store, actors and read models of its own, as another process has them.
      const storeWatch = await watchedStore();
      const started = await start(id, { storeWatch, actors: actorsOn(storeWatch), ...options });
      const closeStore = async () => {
        await storeWatch.stop();
        await storeWatch.store.stop();
      };
      const server = {
        ...started,
        stop: () => started.stop().then(closeStore),
        cutOff: () => started.cutOff().then(closeStore),
      };
      others.push(server);
      return server;
    },
    async request({ priority = 5 } = {}) {
      const jobId = toJobId.parse(randomUUID());
      const requested = await requestBuild(actors, {
        owner,
        website: { kind: 'new', id: WebsiteId.parse(randomUUID()), name: 'site' },
        jobId,
        source: aBuildSource(),
        preview: 'static',
        priority,
      });
      if (!requested.ok) throw new Error(requested.rejection.message);
      return jobId;
    },
    async cancel(jobId) {
      const envelope = { actor: { kind: 'user', userId: owner } } as const;
      await actors.buildJob.handle(jobId, { type: 'CancelBuild', reason: null }, envelope);
    },
    async drift(jobId) {
      const [last] = (await store.readStream(`buildJob-${jobId}`)).slice(-1);
      if (last === undefined) throw new Error('There is no such job.');
      const { type, data, revision } = last;
      const metadata = { ...last.metadata, eventId: randomUUID(), revision: revision + 1 };
      await store.append(`buildJob-${jobId}`, revision, [{ type, data, metadata }]);
    },
    worker(id, options) {
      const worker = startScriptedWorker({ id, url: nats.url, ...options });
      workers.push(worker);
      return worker;
    },
    history: (jobId) => store.readStream(`buildJob-${jobId}`),
    async until(jobId, type) {
      const stopped = new AbortController();
      for await (const batch of store.subscribeToStream(`buildJob-${jobId}`, { signal: stopped.signal })) {
        if (!batch.some((event) => event.type === type)) continue;
        stopped.abort();
        break;
      }
      return await store.readStream(`buildJob-${jobId}`);
    },
    async restartOrchestrator() {
      await first.stop();
      first = await start('server', { storeWatch, actors, lease });
    },
    async stop() {
      for (const worker of workers) await worker.vanish();
      for (const server of [...others, first]) await server.stop();
      await storeWatch.stop();
      await store.stop();
      await nats.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };

  async function watchedStore(): Promise<StoreWatch> {
    const opened = await openStore(folder);
    return watchStore({ store: opened, describe: () => 'it does not answer', clock: systemClock, log });
  }

  function actorsOn({ store }: StoreWatch): Actors {
    return createActors({ store, clock: systemClock, newId: randomUUID, random: () => 0 });
  }

  async function start(
    id: string,
    on: { readonly storeWatch: StoreWatch; readonly actors: Actors; readonly lease?: LeaderLease | undefined },
  ): Promise<OrchestratorServer> {
    const connection = connectNats({ url: nats.url, seed: null, name: id, log: silentLog });
    const messaging = createOrchestratorMessaging({ connection, log: silentLog, pools: ['default'] });
    const logs = openLogStore({ file: join(folder, `logs-${id}.sqlite`) });
    const readModels = openReadModels({
      file: join(folder, `read-models-${id}.sqlite`),
      store: on.storeWatch.store,
      previewUrl: (label) => `http://${label}.test`,
      clock: systemClock,
    });
    await readModels.start();
    const listening = listenToFleet({ messaging, clock: systemClock });
    const lease = on.lease ?? createLeaderLease({ connection, log: silentLog, candidate: id });
    const world = { ...on, readModels, artifacts, artifactTokens, logs, clock: systemClock };
    const leading = leadWhileElected({ ...world, messaging, lease, fleet: listening.fleet });
    const end = async () => {
      await leading.stop();
      await lease.stop();
      await listening.stop();
      await messaging.stop();
      await connection.stop();
      await readModels.stop();
      logs.stop();
    };
    let ended: Promise<void> | undefined;
    const stop = () => {
      ended ??= end();
      return ended;
    };
    return {
      lease,
      readModels,
      leads: () =>
        new Promise((resolve) => {
          lease.onChange(() => {
            if (lease.leading) resolve();
          });
        }),
      stop,
      async cutOff() {
        await connection.stop();
        await stop();
      },
    };
  }
}
