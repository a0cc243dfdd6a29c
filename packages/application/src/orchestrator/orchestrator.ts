import { randomUUID } from 'node:crypto';
import { JobId } from '@yardmaster/domain';
import type { Actors } from '../actors.ts';
import type { ArtifactTokens } from '../artifact-tokens.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventBatch, Position } from '../ports/event-store.ts';
import type { ArtifactStore, OrchestratorMessaging, Running } from '../ports/messaging.ts';
import type { ReadModels } from '../projections/read-models.ts';
import type { StoreWatch } from '../watch-store.ts';
import { answerClaim } from './answer-claim.ts';
import { createDispatcher } from './dispatcher.ts';
import { defaultPool, type Fleet } from './fleet.ts';
import { gatherReports } from './gather-reports.ts';
import { type Marks, StreamMarkText } from './marks.ts';
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
  /** Listened to by whoever starts this, and before: workers that are known are given work at once. */
  readonly fleet: Fleet;
  readonly marks: Marks;
  readonly artifacts: ArtifactStore;
  readonly artifactTokens: ArtifactTokens;
  readonly logs: ReceivedLogs;
  readonly clock: Clock;
}

/** With a heartbeat, a lease and the first look at a claim, a worker that died is noticed within five seconds. */
const watchEveryMs = 250;
/** How often what could not be dispatched or armed is tried again, and how often the work queue is compared with the log. */
const retryEveryMs = 500;
const reconcileEveryMs = 5_000;

/**
 * Brings builds and workers together. Everything it knows it learns from the log, the read models and heartbeats, and
 * everything it decides is a command to a job; so it may be killed at any moment and started again. One at a time is meant
 * to run, and two at a time do no worse than to exceed the order and the number of builds that are given out.
 */
export async function startOrchestrator(options: OrchestratorOptions): Promise<Running> {
  const { actors, readModels, messaging, fleet, marks, storeWatch, clock } = options;
  const { store, log } = storeWatch;
  const stopping = new AbortController();
  const openJobs = createOpenJobs();
  const world = { ...options, store, log, openJobs, sealer: randomUUID() };
  const timers = createTimers(world);
  const dispatcher = createDispatcher(world);
  const watch = watchWorkers(world);
  /** Builds whose timers could not be read, with the revision to read them at; the next sweep tries again. */
  const unarmed = new Map<JobId, number>();
  const underWay = new Set<Promise<void>>();
  let slots = 0;
  const failed = (what: string) => (error: unknown) => {
    log.error({ error }, `${what} failed; it is tried again.`);
  };
  const guard = (work: Promise<unknown>, what: string) => {
    const done = work.catch(failed(what)).then(() => void underWay.delete(done));
    underWay.add(done);
  };

  const running: Running[] = [];
  try {
    // Listening begins before the load: what is seen twice is recognised by its revision.
    running.push(readModels.onBatch(followBatch));
    for (const record of readModels.openJobs()) {
      openJobs.update(openJobFrom(record));
      if (record.state !== 'queued') guard(armTimers(record.id, record.revision), 'Arming timers');
    }
    for (const start of parts()) running.push(start());
  } catch (error) {
    await stop(); // or what was started would go on beside the next start
    throw error;
  }
  return { stop };

  async function stop(): Promise<void> {
    stopping.abort();
    await Promise.all([timers.stop(), dispatcher.stop(), ...running.splice(0).map((part) => part.stop())]);
    await Promise.all(underWay);
  }

  function parts(): readonly (() => Running)[] {
    return [
      () => storeWatch.onReturn(watch.restart),
      () =>
        messaging.onConnectionChange((connected) => {
          watch.restart();
          if (connected) guard(dispatcher.reconcile().then(dispatcher.kick), 'Reconciling the work queue');
        }),
      () =>
        fleet.onHeartbeat((heartbeat) => {
          guard(watch.heard(heartbeat), 'Comparing what a worker has with the log');
          const slotsNow = fleet.slots(defaultPool);
          if (slotsNow !== slots) guard(dispatcher.kick(), 'Dispatching');
          slots = slotsNow;
        }),
      () => messaging.serveClaims((claim) => answerClaim(world, claim)),
      () =>
        messaging.consumeReports({
          mark: StreamMarkText.nullable().catch(null).parse(marks.read('reports')),
          handler: gatherReports(clock, (received) =>
            storeWatch.outlast(() => recordReport(world, received), stopping.signal),
          ),
          onMark: (mark) => marks.write('reports', JSON.stringify(mark)),
        }),
      () =>
        runPolicies({
          ...world,
          sealLog: (jobId, signal) => sealLog(world, jobId, signal),
          mark: {
            read: () => marks.read('policies') as Position | null,
            write: (position) => marks.write('policies', position),
          },
        }),
      () => every(watchEveryMs, watch.sweep, 'Looking for lost workers'),
      () => every(retryEveryMs, dispatcher.kick, 'Dispatching'),
      () => every(retryEveryMs, armWhatIsUnarmed, 'Arming timers'),
      () => every(reconcileEveryMs, dispatcher.reconcile, 'Reconciling the work queue'),
      () => removeArtifactsRegularly(world),
    ];
  }

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
