import type { JobId, WorkerId } from '@yardmaster/domain';
import type { Heartbeat } from '@yardmaster/protocol';
import type { Actors } from '../actors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { OrchestratorMessaging } from '../ports/messaging.ts';
import { StreamDrift } from '../replay-stream.ts';
import type { StoreWatch } from '../watch-store.ts';
import { type Fleet, leaseMs } from './fleet.ts';
import { type OpenJob, type OpenJobs, phaseOf } from './open-jobs.ts';
import { unlessDrifted } from './unless-drifted.ts';

const bySystem = { actor: { kind: 'system', name: 'worker-watch' } } as const;

/** A restarted worker has lost its builds; this long after a claim its old and new heartbeats cannot be confused. */
const restartGraceMs = 1_000;

/** A sweep that comes this long after the last was held up with its whole process: a sleep, a pause, a frozen host. */
const heldUpAfterMs = 2_000;

type ListedAttempt = Heartbeat['attempts'][number];

export interface WorkerWatch {
  /** Compares what a worker says that it holds with what the log says, and stops what should not run. */
  heard(heartbeat: Heartbeat): Promise<void>;
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
  const listedAtMs = new Map<JobId, { readonly attempt: number; readonly since: number; at: number; heard: boolean }>();
  /** Builds whose log is being asked about. */
  const asking = new Set<JobId>();
  /** Sessions of workers that were lost with more than one attempt, for as long as one of these is held. */
  const lostInCompany = new Set<string>();
  let sweptAtMs = clock.monotonicMs();

  return {
    async heard(heartbeat) {
      const unknown = heartbeat.attempts.filter((listed) => !isExpected(heartbeat, listed));
      await Promise.all(unknown.map((listed) => stopUnlessNew(heartbeat, listed)));
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

  function isExpected({ workerId, workerSession }: Heartbeat, { jobId, attempt }: ListedAttempt): boolean {
    const job = openJobs.get(jobId);
    if (job?.attempt !== attempt || job.workerSession !== workerSession || !isHeld(job)) return false;
    markListed(job);
    if (job.state === 'cancelling') stop(workerId, { jobId, attempt, reason: 'cancelled' });
    return true;
  }

  /** The log is asked first: another server may have granted it, and this one not seen that yet. */
  async function stopUnlessNew({ workerId, workerSession }: Heartbeat, listed: ListedAttempt): Promise<void> {
    const { jobId, attempt, lastReportSeq } = listed;
    if (!messaging.connected || storeWatch.isAway || asking.has(jobId)) return;
    asking.add(jobId);
    try {
      const loaded = await world.actors.buildJob.load(jobId).catch(nullWhenDrifted);
      if (loaded !== null && isHeld({ state: loaded.state.value })) {
        const { context } = loaded.state;
        if (context.attempt === attempt && context.workerSession === workerSession) return;
      }
      stop(workerId, { jobId, attempt, reason: 'superseded' });
      messaging.sendControl(workerId, { type: 'reports-settled', jobId, attempt, upToSeq: lastReportSeq });
    } finally {
      asking.delete(jobId);
    }
  }

  function stop(
    workerId: WorkerId,
    stopped: { readonly jobId: JobId; readonly attempt: number; readonly reason: 'cancelled' | 'superseded' },
  ): void {
    messaging.sendControl(workerId, { type: 'stop-build', ...stopped });
  }

  async function sweepOnce(): Promise<void> {
    if (!messaging.connected || storeWatch.isAway) return;
    const held = [...openJobs.inPhase('held'), ...openJobs.inPhase('cancelling')];
    forgetAllBut(held);
    for (const job of held) {
      const loss = lossOf(job);
      if (loss !== null) await unlessDrifted(world, job.id, () => declareLost(job, { ...loss, held }));
    }
  }

  function markListed(job: OpenJob): void {
    Object.assign(expectation(job), { at: clock.monotonicMs(), heard: true });
  }

  function expectation(job: OpenJob) {
    const known = listedAtMs.get(job.id);
    if (known !== undefined && known.attempt === job.attempt) return known;
    const since = clock.monotonicMs();
    const expected = { attempt: job.attempt, since, at: since, heard: false };
    listedAtMs.set(job.id, expected);
    return expected;
  }

  /**
   * `isGone`: the worker as it was is no more, or says nothing. One that was never heard to have the build may have gone
   * together with everything else, when this process was not there.
   */
  function lossOf(job: OpenJob): { readonly reason: string; readonly isGone: boolean } | null {
    const { since, at, heard } = expectation(job);
    const nowMs = clock.monotonicMs();
    const heartbeat = job.workerId === null ? null : fleet.live(job.workerId);
    if (heartbeat !== null && heartbeat.workerSession !== job.workerSession && nowMs - since > restartGraceMs) {
      return { reason: 'The worker was restarted.', isGone: heard };
    }
    if (nowMs - at <= leaseMs) return null;
    if (heartbeat !== null) return { reason: 'It no longer has the build.', isGone: false };
    return { reason: `It sent no heartbeat for ${leaseMs / 1_000} s.`, isGone: heard };
  }

  async function declareLost(
    { id, attempt, workerId, workerSession }: OpenJob,
    { reason, isGone, held }: { readonly reason: string; readonly isGone: boolean; readonly held: readonly OpenJob[] },
  ): Promise<void> {
    if (workerId === null || workerSession === null) return;
    // Those that were lost with it a moment ago are held no more.
    if (held.some((other) => other.id !== id && other.workerSession === workerSession))
      lostInCompany.add(workerSession);
    const alone = isGone && !lostInCompany.has(workerSession);
    const result = await world.actors.buildJob.handle(
      id,
      { type: 'DeclareWorkerLost', attempt, workerId, reason, alone },
      bySystem,
    );
    openJobs.updateFrom(id, result);
    if (!result.ok) return;
    world.log.warn({ jobId: id, workerId, attempt, reason }, `${workerId} was lost with build ${id}: ${reason}`);
  }

  function forgetAllBut(held: readonly OpenJob[]): void {
    const ids = new Set(held.map(({ id }) => id));
    const sessions = new Set(held.map(({ workerSession }) => workerSession));
    for (const id of listedAtMs.keys()) if (!ids.has(id)) listedAtMs.delete(id);
    for (const session of lostInCompany) if (!sessions.has(session)) lostInCompany.delete(session);
  }
}

/** Of a build that was set aside, as is said once elsewhere, no attempt is to go on. */
function nullWhenDrifted(error: unknown): null {
  if (error instanceof StreamDrift) return null;
  throw error;
}

function isHeld(job: Pick<OpenJob, 'state'>): boolean {
  const phase = phaseOf(job);
  return phase === 'held' || phase === 'cancelling';
}
