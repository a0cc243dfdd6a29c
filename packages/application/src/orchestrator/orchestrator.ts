import { JobId } from '@yardmaster/domain';
import type { Actors } from '../actors.ts';
import type { ArtifactTokens } from '../artifact-tokens.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventBatch, Position } from '../ports/event-store.ts';
import type { ArtifactStore, OrchestratorMessaging, Running, StreamMark } from '../ports/messaging.ts';
import type { ReadModels } from '../projections/read-models.ts';
import type { StoreWatch } from '../watch-store.ts';
import { answerClaim } from './answer-claim.ts';
import { createDispatcher } from './dispatcher.ts';
import { createFleet, type Fleet } from './fleet.ts';
import { gatherReports } from './gather-reports.ts';
import { createOpenJobs, type OpenJob, openJobFrom, phaseOf } from './open-jobs.ts';
import { runPolicies } from './policies.ts';
import { recordReport } from './record-report.ts';
import { removeArtifactsRegularly } from './remove-unreferenced-artifacts.ts';
import { type ReceivedLogs, sealLog } from './seal-log.ts';
import { createTimers } from './timers.ts';
import { unlessDrifted } from './unless-drifted.ts';
import { watchWorkers } from './watch-workers.ts';

export interface OrchestratorOptions {
  /** Its store is the one that actors and read models stand on, its log is written to. */
  readonly storeWatch: StoreWatch;
  readonly actors: Actors;
  /** Started and caught up. */
  readonly readModels: ReadModels;
  readonly messaging: OrchestratorMessaging;
  readonly artifacts: ArtifactStore;
  readonly artifactTokens: ArtifactTokens;
  readonly logs: ReceivedLogs;
  readonly clock: Clock;
}

export interface Orchestrator extends Running {
  readonly fleet: Fleet;
}

/** How often lost workers are looked for, and how often the work queue is compared with the log. */
const sweepEveryMs = 500;
const reconcileEveryMs = 5_000;

/**
 * Brings builds and workers together. Everything it knows it learns from the log, the read models and heartbeats, and
 * everything it decides is a command to a job; so it may be killed at any moment and started again.
 */
export async function startOrchestrator(options: OrchestratorOptions): Promise<Orchestrator> {
  const { actors, readModels, messaging, storeWatch, clock } = options;
  const { store, log } = storeWatch;
  const stopping = new AbortController();
  const openJobs = createOpenJobs();
  const fleet = createFleet({ clock });
  const world = { ...options, store, log, openJobs, fleet };
  const timers = createTimers(world);
  const dispatcher = createDispatcher(world);
  const watch = watchWorkers(world);
  /** Builds whose timers could not be read, with the revision to read them at; the next sweep tries again. */
  const unarmed = new Map<JobId, number>();
  const underWay = new Set<Promise<void>>();
  const failed = (what: string) => (error: unknown) => {
    log.error({ error }, `${what} failed; it is tried again.`);
  };
  const guard = (work: Promise<unknown>, what: string) => {
    const done = work.catch(failed(what)).then(() => void underWay.delete(done));
    underWay.add(done);
  };

  // Listening begins before the load: what is seen twice is recognised by its revision.
  const running: Running[] = [readModels.onBatch(followBatch)];
  for (const record of readModels.openJobs()) {
    openJobs.update(openJobFrom(record));
    if (record.state !== 'queued') guard(armTimers(record.id, record.revision), 'Arming timers');
  }
  running.push(
    storeWatch.onReturn(watch.restart),
    messaging.onConnectionChange((connected) => {
      fleet.connectionChanged(connected);
      watch.restart();
      if (connected) guard(dispatcher.reconcile().then(dispatcher.kick), 'Reconciling the work queue');
    }),
    messaging.onHeartbeat((heartbeat) => {
      const slotsBefore = fleet.slots(heartbeat.pool);
      fleet.record(heartbeat);
      watch.heard(heartbeat);
      if (fleet.slots(heartbeat.pool) !== slotsBefore) guard(dispatcher.kick(), 'Dispatching');
    }),
    messaging.serveClaims((claim) => answerClaim(world, claim)),
    messaging.consumeReports({
      mark: readMark(readModels.mark('reports')),
      handler: gatherReports(clock, (received) =>
        storeWatch.outlast(() => recordReport(world, received), stopping.signal),
      ),
      onMark: (mark) => readModels.setMark('reports', JSON.stringify(mark)),
    }),
    runPolicies({
      ...world,
      sealLog: (jobId, signal) => sealLog(options, jobId, signal),
      mark: {
        read: () => readModels.mark('policies') as Position | null,
        write: (position) => readModels.setMark('policies', position),
      },
    }),
    every(sweepEveryMs, () => watch.sweep(), 'Looking for lost workers'),
    every(sweepEveryMs, dispatcher.kick, 'Dispatching'),
    every(sweepEveryMs, armWhatIsUnarmed, 'Arming timers'),
    every(reconcileEveryMs, dispatcher.reconcile, 'Reconciling the work queue'),
    removeArtifactsRegularly(world),
  );

  return {
    fleet,
    async stop() {
      stopping.abort();
      await Promise.all([timers.stop(), dispatcher.stop(), ...running.splice(0).map((part) => part.stop())]);
      await Promise.all(underWay);
    },
  };

  function followBatch(batch: EventBatch): void {
    const touched = new Map<JobId, number>();
    for (const { stream, revision } of batch) {
      if (stream.startsWith('buildJob-')) touched.set(JobId.parse(stream.slice('buildJob-'.length)), revision);
    }
    for (const [jobId, revision] of touched) {
      const record = readModels.job(jobId);
      if (record === null) continue;
      if (record.completedAt === null) openJobs.update(openJobFrom(record));
      else openJobs.remove(jobId);
      guard(armTimers(jobId, revision), 'Arming timers');
      const job = openJobs.get(jobId);
      if (job !== undefined) stopIfCancelling(job);
    }
    if (touched.size > 0) guard(dispatcher.kick(), 'Dispatching');
  }

  /** The first word to the worker; the watch repeats it with every heartbeat that still lists the attempt. */
  function stopIfCancelling({ id: jobId, attempt, workerId, ...job }: OpenJob): void {
    if (phaseOf(job) !== 'cancelling' || workerId === null) return;
    messaging.sendControl(workerId, { type: 'stop-build', jobId, attempt, reason: 'cancelled' });
  }

  async function armTimers(jobId: JobId, revision: number): Promise<void> {
    try {
      const load = () => actors.buildJob.load(jobId, { atLeastRevision: revision });
      const loaded = await unlessDrifted(world, jobId, load);
      if (loaded !== null) timers.arm(jobId, loaded.state);
    } catch (error) {
      unarmed.set(jobId, revision);
      throw error;
    }
  }

  async function armWhatIsUnarmed(): Promise<void> {
    for (const [jobId, revision] of [...unarmed]) {
      if (storeWatch.isAway) return;
      await armTimers(jobId, revision);
      if (unarmed.get(jobId) === revision) unarmed.delete(jobId);
    }
  }

  function every(ms: number, work: () => Promise<unknown>, what: string): Running {
    let stopped = false;
    let current: Promise<unknown> = Promise.resolve();
    let timer = clock.setTimer(ms, tick);
    function tick(): void {
      current = work()
        .catch(failed(what))
        .then(() => {
          if (!stopped) timer = clock.setTimer(ms, tick);
        });
    }
    return {
      async stop() {
        stopped = true;
        timer.cancel();
        await current;
      },
    };
  }
}

function readMark(text: string | null): StreamMark | null {
  return text === null ? null : (JSON.parse(text) as StreamMark);
}
