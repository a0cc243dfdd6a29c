import { compareWaiting, type JobId } from '@yardmaster/domain';
import type { Actors } from '../actors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { OrchestratorMessaging } from '../ports/messaging.ts';
import type { StoreWatch } from '../watch-store.ts';
import { defaultPool, type Fleet } from './fleet.ts';
import type { OpenJob, OpenJobs } from './open-jobs.ts';
import { unlessDrifted } from './unless-drifted.ts';

const bySystem = { actor: { kind: 'system', name: 'dispatcher' } } as const;

export interface Dispatcher {
  /** Releases builds while there is credit. Called on everything that may change either; calls while it runs join. */
  kick(): Promise<void>;
  /**
   * Makes the work queue agree with the log: puts back what was dispatched and is not there (the queue may forget), takes
   * out what is there and was not dispatched (ghosts), and takes dispatches back while no worker is there to claim them.
   */
  reconcile(): Promise<void>;
  /** Does nothing more, and resolves when what was under way has ended. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Releases the best waiting build only while fewer are out than workers have slots, so that the order among waiting
 * builds stays the queue's own until the last moment. What is dispatched is recorded first and published second: the log
 * knows of everything that the queue may hold.
 */
export function createDispatcher(world: {
  readonly actors: Actors;
  readonly openJobs: OpenJobs;
  readonly fleet: Fleet;
  readonly messaging: OrchestratorMessaging;
  readonly storeWatch: StoreWatch;
  readonly clock: Clock;
  readonly log: Log;
}): Dispatcher {
  const { actors, openJobs, fleet, messaging, storeWatch, clock, log } = world;
  let running: Promise<void> | null = null;
  let reconciling: Promise<void> | null = null;
  let again = false;
  let stopped = false;

  return {
    kick() {
      again = true;
      running ??= run();
      return running;
    },
    reconcile() {
      reconciling ??= compareWithQueue().finally(() => {
        reconciling = null;
      });
      return reconciling;
    },
    async stop() {
      stopped = true;
      await Promise.allSettled([running, reconciling]);
    },
  };

  async function run(): Promise<void> {
    await null; // Kicks of the same turn join; and `running` is set before it is cleared.
    try {
      while (again && !stopped) {
        again = false;
        const credit = messaging.connected ? fleet.slots(defaultPool) - outstanding() : 0;
        if (credit <= 0) continue;
        for (const job of inQueueOrder(openJobs.inPhase('ready')).slice(0, credit)) await dispatch(job);
      }
    } finally {
      running = null; // In the same breath as the last look, so that no kick falls in between.
    }
  }

  function inQueueOrder(jobs: readonly OpenJob[]): readonly OpenJob[] {
    const nowMs = clock.now().getTime();
    return jobs
      .map((job) => ({ job, jobId: job.id as string, priority: job.priority, queuedAtMs: job.queuedAtMs }))
      .sort((a, b) => compareWaiting(a, b, nowMs))
      .map(({ job }) => job);
  }

  function outstanding(): number {
    return openJobs.count('dispatched') + openJobs.count('held') + openJobs.count('cancelling');
  }

  async function dispatch(job: OpenJob): Promise<void> {
    if (stopped) return;
    await oneOf(job.id, async () => {
      const result = await actors.buildJob.handle(job.id, { type: 'DispatchBuild', pool: defaultPool }, bySystem);
      openJobs.updateFrom(job.id, result);
      if (result.ok) await publish(job);
    });
  }

  async function publish({ id: jobId, attempt }: OpenJob): Promise<void> {
    await messaging.publishWork(defaultPool, { jobId, attempt: attempt + 1 });
  }

  async function compareWithQueue(): Promise<void> {
    if (!messaging.connected || stopped) return;
    const queued = new Set(await messaging.listWork(defaultPool));
    const noWorkers = fleet.slots(defaultPool) === 0 && fleet.listenedLongEnough();
    for (const job of openJobs.inPhase('dispatched')) {
      if (noWorkers) await oneOf(job.id, () => withdraw(job));
      else if (!queued.has(job.id)) await oneOf(job.id, () => publish(job));
    }
    for (const jobId of queued) {
      const isGhost = openJobs.get(jobId)?.state !== 'dispatched';
      if (isGhost) await oneOf(jobId, () => messaging.withdrawWork(defaultPool, jobId));
    }
  }

  async function withdraw(job: OpenJob): Promise<void> {
    await messaging.withdrawWork(defaultPool, job.id);
    const command = { type: 'WithdrawDispatch', attempt: job.attempt + 1, reason: 'No worker is online.' } as const;
    const result = await actors.buildJob.handle(job.id, command, bySystem);
    openJobs.updateFrom(job.id, result);
  }

  /** What fails for one build must not hold up the others. */
  async function oneOf(jobId: JobId, work: () => Promise<void>): Promise<void> {
    if (stopped || !messaging.connected || storeWatch.isAway) return;
    try {
      await unlessDrifted(world, jobId, work);
    } catch (error) {
      log.error({ jobId, error }, 'A build could not be dispatched or taken back; it will be tried again.');
    }
  }
}
