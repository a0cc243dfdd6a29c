import type { JobId } from '@yardmaster/domain';
import type { Heartbeat } from '@yardmaster/protocol';
import type { Actors } from '../actors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { OrchestratorMessaging } from '../ports/messaging.ts';
import type { StoreWatch } from '../watch-store.ts';
import { type Fleet, leaseMs } from './fleet.ts';
import { type OpenJob, type OpenJobs, phaseOf } from './open-jobs.ts';
import { unlessDrifted } from './unless-drifted.ts';

const bySystem = { actor: { kind: 'system', name: 'worker-watch' } } as const;

/** A restarted worker has lost its builds; this long after a claim its old and new heartbeats cannot be confused. */
const restartGraceMs = 1_000;

/** A sweep that comes this long after the last was held up with its whole process: a sleep, a pause, a frozen host. */
const heldUpAfterMs = 2_000;

export interface WorkerWatch {
  /** Compares what a worker says that it holds with what the log says, and stops what should not run. */
  heard(heartbeat: Heartbeat): void;
  /** Declares lost every attempt that no live worker lists. Called on a regular tick. */
  sweep(): Promise<void>;
  /**
   * Silence starts afresh for all attempts: after our own connection or the event store was away, since what they have
   * done meanwhile is still to be recorded. A late sweep does it itself.
   */
  restart(): void;
}

/** Watches that every attempt in the log is really held by a live worker, and that workers hold nothing else. */
export function watchWorkers(world: {
  readonly actors: Actors;
  readonly openJobs: OpenJobs;
  readonly fleet: Fleet;
  readonly messaging: OrchestratorMessaging;
  readonly storeWatch: StoreWatch;
  readonly clock: Clock;
  readonly log: Log;
}): WorkerWatch {
  const { openJobs, fleet, messaging, storeWatch, clock } = world;
  /** When an attempt was last listed, or first expected to be. */
  const listedAtMs = new Map<JobId, { readonly attempt: number; readonly since: number; at: number }>();
  let sweptAtMs = clock.monotonicMs();

  return {
    heard(heartbeat) {
      const { workerId, workerSession } = heartbeat;
      for (const { jobId, attempt, lastReportSeq } of heartbeat.attempts) {
        const job = openJobs.get(jobId);
        const isCurrent = job?.attempt === attempt && job.workerSession === workerSession && isHeld(job);
        if (isCurrent) markListed(job);
        if (isCurrent && job.state !== 'cancelling') continue;
        const reason = isCurrent ? 'cancelled' : 'superseded';
        messaging.sendControl(workerId, { type: 'stop-build', jobId, attempt, reason });
        if (!isCurrent) {
          messaging.sendControl(workerId, { type: 'reports-settled', jobId, attempt, upToSeq: lastReportSeq });
        }
      }
    },
    async sweep() {
      // What workers said while nothing here ran is still to be read: their silence was ours.
      if (clock.monotonicMs() - sweptAtMs > heldUpAfterMs) listedAtMs.clear();
      try {
        await sweepOnce();
      } finally {
        sweptAtMs = clock.monotonicMs();
      }
    },
    restart: () => listedAtMs.clear(),
  };

  async function sweepOnce(): Promise<void> {
    if (!messaging.connected || storeWatch.isAway) return;
    const held = [...openJobs.inPhase('held'), ...openJobs.inPhase('cancelling')];
    forgetAllBut(held);
    for (const job of held) {
      const reason = lossOf(job);
      const alone = held.every(({ id, workerId }) => id === job.id || workerId !== job.workerId);
      if (reason !== null) await unlessDrifted(world, job.id, () => declareLost(job, { reason, alone }));
    }
  }

  function markListed(job: OpenJob): void {
    expectation(job).at = clock.monotonicMs();
  }

  function expectation(job: OpenJob) {
    const known = listedAtMs.get(job.id);
    if (known !== undefined && known.attempt === job.attempt) return known;
    const since = clock.monotonicMs();
    const expected = { attempt: job.attempt, since, at: since };
    listedAtMs.set(job.id, expected);
    return expected;
  }

  function lossOf(job: OpenJob): string | null {
    const { since, at } = expectation(job);
    const nowMs = clock.monotonicMs();
    const heartbeat = job.workerId === null ? null : fleet.live(job.workerId);
    if (heartbeat !== null && heartbeat.workerSession !== job.workerSession && nowMs - since > restartGraceMs) {
      return 'The worker was restarted.';
    }
    if (nowMs - at <= leaseMs) return null;
    return heartbeat === null ? `It sent no heartbeat for ${leaseMs / 1_000} s.` : 'It no longer has the build.';
  }

  async function declareLost(
    job: OpenJob,
    { reason, alone }: { readonly reason: string; readonly alone: boolean },
  ): Promise<void> {
    if (job.workerId === null) return;
    const { id, attempt, workerId } = job;
    const result = await world.actors.buildJob.handle(
      id,
      { type: 'DeclareWorkerLost', attempt, workerId, reason, alone },
      bySystem,
    );
    openJobs.updateFrom(id, result);
    if (result.ok) world.log.warn({ jobId: id, workerId, attempt, reason }, 'A worker was lost.');
  }

  function forgetAllBut(held: readonly OpenJob[]): void {
    const ids = new Set(held.map(({ id }) => id));
    for (const id of listedAtMs.keys()) if (!ids.has(id)) listedAtMs.delete(id);
  }
}

function isHeld(job: OpenJob): boolean {
  const phase = phaseOf(job);
  return phase === 'held' || phase === 'cancelling';
}
