import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createActors,
  createArtifactTokens,
  type EventStore,
  type Log,
  leadWhileElected,
  listenToFleet,
  openLogStore,
  openReadModels,
  type RecordedEvent,
  type Running,
  requestBuild,
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

/** The orchestrator on a real event store and a real nats-server, with workers that do what a test tells them. */
export interface OrchestratorWorld {
  readonly nats: NatsServerProcess;
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
}: {
  readonly openStore?: (folder: string) => Promise<EventStore>;
  /** Where the orchestrator writes. */
  readonly log?: Log;
} = {}): Promise<OrchestratorWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestrator-'));
  const nats = await startNatsServer({ dataDir: join(folder, 'nats') });
  const bare = await openStore(folder);
  const describe = () => 'it does not answer';
  const storeWatch = watchStore({ store: bare, describe, clock: systemClock, log });
  const { store } = storeWatch;
  const artifacts = await openFilesystemArtifactStore({ root: folder });
  const logs = openLogStore({ file: join(folder, 'logs.sqlite') });
  const artifactTokens = createArtifactTokens({ key: randomBytes(32), clock: systemClock });
  const actors = createActors({ store, clock: systemClock, newId: randomUUID, random: () => 0 });
  const workers: ScriptedWorker[] = [];
  let orchestrator = await start();

  return {
    nats,
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
      await orchestrator.stop();
      orchestrator = await start();
    },
    async stop() {
      for (const worker of workers) await worker.vanish();
      await orchestrator.stop();
      logs.stop();
      await storeWatch.stop();
      await store.stop();
      await nats.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };

  async function start(): Promise<Running> {
    const connection = connectNats({ url: nats.url, seed: null, name: 'orchestrator', log: silentLog });
    const messaging = createOrchestratorMessaging({ connection, log: silentLog, pools: ['default'] });
    const readModels = openReadModels({
      file: join(folder, 'read-models.sqlite'),
      store,
      previewUrl: (label) => `http://${label}.test`,
      clock: systemClock,
    });
    await readModels.start();
    const listening = listenToFleet({ messaging, clock: systemClock });
    const lease = createLeaderLease({ connection, log: silentLog, candidate: 'server' });
    const world = { storeWatch, actors, readModels, artifacts, artifactTokens, logs, clock: systemClock };
    const leading = leadWhileElected({ ...world, messaging, lease, fleet: listening.fleet });
    return {
      async stop() {
        await leading.stop();
        await lease.stop();
        await listening.stop();
        await messaging.stop();
        await connection.stop();
        await readModels.stop();
      },
    };
  }
}
