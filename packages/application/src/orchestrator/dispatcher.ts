import { compareWaiting, type JobId } from '@yardmaster/domain';
import type { Actors } from '../actors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { OrchestratorMessaging } from '../ports/messaging.ts';
import { defaultPool, type Fleet } from './fleet.ts';
import type { OpenJob, OpenJobs } from './open-jobs.ts';

const bySystem = { actor: { kind: 'system', name: 'dispatcher' } } as const;

export interface Dispatcher {
  /** Releases builds while there is credit. Called on everything that may change either; calls while it runs join. */
  kick(): Promise<void>;
  /**
   * Makes the work queue agree with the log: puts back what was dispatched and is not there (the queue may forget), takes
   * out what is there and was not dispatched (ghosts), and takes dispatches back while no worker is there to claim them.
   */
  reconcile(): Promise<void>;
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
  readonly clock: Clock;
  readonly log: Log;
}): Dispatcher {
  const { actors, openJobs, fleet, messaging, clock, log } = world;
  let running: Promise<void> | null = null;
  let again = false;

  return {
    kick() {
      again = true;
      running ??= run().finally(() => {
        running = null;
      });
      return running;
    },
    reconcile,
  };

  async function run(): Promise<void> {
    while (again) {
      again = false;
      const credit = messaging.connected ? fleet.slots(defaultPool) - outstanding() : 0;
      if (credit <= 0) continue;
      for (const job of inQueueOrder(openJobs.inPhase('ready')).slice(0, credit)) await dispatch(job);
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
    let count = 0;
    for (const phase of ['dispatched', 'held', 'cancelling'] as const) count += openJobs.inPhase(phase).length;
    return count;
  }

  async function dispatch(job: OpenJob): Promise<void> {
    try {
      const result = await actors.buildJob.handle(job.id, { type: 'DispatchBuild', pool: defaultPool }, bySystem);
      openJobs.updateFrom(job.id, result);
      if (result.ok) await publish(job.id, job.attempt + 1);
    } catch (error) {
      log.error({ jobId: job.id, error }, 'A build could not be dispatched; it will be tried again.');
    }
  }

  async function publish(jobId: JobId, attempt: number): Promise<void> {
    await messaging.publishWork(defaultPool, { jobId, attempt });
  }

  async function reconcile(): Promise<void> {
    if (!messaging.connected) return;
    const queued = new Set(await messaging.listWork(defaultPool));
    const noWorkers = fleet.slots(defaultPool) === 0 && fleet.listenedLongEnough();
    for (const job of openJobs.inPhase('dispatched')) {
      if (noWorkers) await withdraw(job);
      else if (!queued.has(job.id)) await publish(job.id, job.attempt + 1);
    }
    for (const jobId of queued) {
      const job = openJobs.get(jobId);
      if (job?.state !== 'dispatched') await messaging.withdrawWork(defaultPool, jobId);
    }
  }

  async function withdraw(job: OpenJob): Promise<void> {
    await messaging.withdrawWork(defaultPool, job.id);
    const command = { type: 'WithdrawDispatch', attempt: job.attempt + 1, reason: 'No worker is online.' } as const;
    const result = await actors.buildJob.handle(job.id, command, bySystem);
    openJobs.updateFrom(job.id, result);
  }
}
