import {
  type BuildJobSnapshot,
  type JobId,
  type PendingTimer,
  pendingTimers,
  retryMaxDelayMs,
} from '@yardmaster/domain';
import type { Actors } from '../actors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { StoreWatch } from '../watch-store.ts';
import type { Fleet } from './fleet.ts';
import type { OpenJobs } from './open-jobs.ts';
import { unlessDrifted } from './unless-drifted.ts';

const bySystem = { actor: { kind: 'system', name: 'timers' } } as const;

/** A timer is looked at again at least this often: so exactly is known for how long this process did not run. */
const longestSleepMs = 5_000;
/** A timer that fires this much too late or too early by the clock was held up, or the clock was set. */
const heldUpAfterMs = 2_000;
/** After being held up there is at least so much time to read what workers have reported meanwhile. */
const graceMs = 5_000;
/** Pause before a timer that could not be recorded is tried again. */
const retryAfterMs = 1_000;

export interface Timers {
  /** Replaces a job's timers by those that its state calls for: none, once it has ended. */
  arm(jobId: JobId, state: BuildJobSnapshot): void;
  /** Disarms all, and waits for what is being recorded. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Keeps the timers that states call for, in memory: the log is where they are written, so a restart arms them again. When
 * one is due, the command that it stands for goes to the job; whether it still means anything the machine decides.
 *
 * A step's deadline grants time in which this process could have heard of the step: while it was stopped, while the host
 * slept (and the build with it), while the clock was set and while the event store was away, the deadline moves along. It
 * does not expire before workers have been listened to for a whole lease either: after a restart, a change of leader or an
 * outage of the message server what they have reported is still to be read. The pause before a retry only follows a clock
 * that was set back. While the event store is away nothing is due.
 */
export function createTimers(world: {
  readonly actors: Actors;
  readonly openJobs: OpenJobs;
  readonly fleet: Pick<Fleet, 'listenedLongEnough'>;
  readonly storeWatch: StoreWatch;
  readonly clock: Clock;
  readonly log: Log;
}): Timers {
  const { actors, fleet, storeWatch, clock, log } = world;
  const armed = new Map<JobId, readonly { cancel(): void }[]>();
  const expiring = new Set<Promise<void>>();
  let stopped = false;

  return {
    arm(jobId, state) {
      disarm(jobId);
      const timers = pendingTimers(state);
      if (stopped || timers.length === 0) return;
      armed.set(
        jobId,
        timers.map((timer) => schedule(jobId, timer, longestMs(timer, state))),
      );
    },
    async stop() {
      stopped = true;
      for (const jobId of [...armed.keys()]) disarm(jobId);
      await Promise.all(expiring);
    },
  };

  function disarm(jobId: JobId): void {
    for (const handle of armed.get(jobId) ?? []) handle.cancel();
    armed.delete(jobId);
  }

  function schedule(jobId: JobId, timer: PendingTimer, atMostMs: number): { cancel(): void } {
    let current = { cancel() {} };
    let cancelled = false;
    // A clock that was set back before this process started must not add to it.
    let dueAtMs = Math.min(Date.parse(timer.dueAt), clock.now().getTime() + atMostMs);
    let sleptFromMs = 0;
    let wakesAtMs = 0;
    const sleep = (atLeastMs: number) => {
      const nowMs = clock.now().getTime();
      const sleepMs = Math.min(Math.max(0, atLeastMs, dueAtMs - nowMs), longestSleepMs);
      sleptFromMs = nowMs;
      wakesAtMs = nowMs + sleepMs;
      current = clock.setTimer(sleepMs, wake);
    };
    const wake = () => {
      if (cancelled) return;
      const nowMs = clock.now().getTime();
      const lateMs = nowMs - wakesAtMs;
      if (lateMs < -heldUpAfterMs) dueAtMs += lateMs;
      if (lateMs > heldUpAfterMs && timer.kind === 'step-deadline') {
        dueAtMs = Math.max(dueAtMs + lateMs, nowMs + graceMs);
      } else if (timer.kind === 'step-deadline' && storeWatch.isAway) {
        dueAtMs += nowMs - sleptFromMs;
      }
      if (dueAtMs > nowMs) return sleep(0);
      // What workers have reported while the store was away is recorded first.
      const neededMs = timer.kind === 'step-deadline' ? graceMs : retryAfterMs;
      if (storeWatch.presentForMs() < neededMs) return sleep(neededMs);
      if (timer.kind === 'step-deadline' && !fleet.listenedLongEnough()) return sleep(retryAfterMs);
      const expired = unlessDrifted(world, jobId, () => expire(jobId, timer))
        .catch((error) => {
          log.error({ jobId, timer: timer.kind, error }, 'A due timer could not be recorded; it will be tried again.');
          if (!cancelled) sleep(retryAfterMs);
        })
        .then(() => void expiring.delete(expired));
      expiring.add(expired);
    };
    sleep(0);
    return {
      cancel() {
        cancelled = true;
        current.cancel();
      },
    };
  }

  async function expire(jobId: JobId, timer: PendingTimer): Promise<void> {
    const { attempt } = timer;
    switch (timer.kind) {
      case 'retry-due':
        await actors.buildJob.handle(jobId, { type: 'EndBackoff', attempt }, bySystem);
        return;
      case 'step-deadline':
        await actors.buildJob.handle(jobId, { type: 'ExpireStep', attempt, step: timer.step }, bySystem);
        return;
      default:
        timer satisfies never;
    }
  }
}

/** What was granted when the timer began: no more can be left of it. */
function longestMs(timer: PendingTimer, { context }: BuildJobSnapshot): number {
  return timer.kind === 'step-deadline' ? context.stepTimeoutMs : retryMaxDelayMs;
}
