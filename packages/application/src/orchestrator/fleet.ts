import type { WorkerId } from '@yardmaster/domain';
import type { Heartbeat } from '@yardmaster/protocol';
import type { Clock } from '../ports/clock.ts';

/** Silence after which a worker counts as gone. Eight heartbeats, so that one late one does not matter. */
export const leaseMs = 4_000;

/** Workers that are remembered, those that fell silent included. */
const maxRemembered = 1_000;

/** The pool that workers without tags belong to. */
export const defaultPool = 'default';

/**
 * The workers that are heard from. Memory only: a restart learns them anew within one heartbeat, and silence counts only
 * while this process itself is connected.
 */
export interface Fleet {
  record(heartbeat: Heartbeat): void;
  /** To be called with every change of our own connection: after a gap every worker is given a whole lease again. */
  connectionChanged(connected: boolean): void;
  /** The last heartbeat of a worker that is live, or was at the moment our own connection broke. */
  live(workerId: WorkerId): Heartbeat | null;
  /** Slots of live workers of a pool that take new work. */
  slots(pool: string): number;
  workers(): readonly Heartbeat[];
  /** True once this process has listened for a whole lease, so that silence means absence. */
  listenedLongEnough(): boolean;
}

export function createFleet({ clock }: { readonly clock: Clock }): Fleet {
  const seen = new Map<WorkerId, { heartbeat: Heartbeat; atMs: number }>();
  let connected = false;
  let connectedAtMs = clock.monotonicMs();

  function isLive({ atMs }: { atMs: number }): boolean {
    return !connected || clock.monotonicMs() - atMs <= leaseMs;
  }

  function workers(): readonly Heartbeat[] {
    return [...seen.values()].filter(isLive).map(({ heartbeat }) => heartbeat);
  }

  /** Who had fallen silent before our own connection broke is not live again after it. */
  function forgetTheSilent(): void {
    for (const [workerId, entry] of seen) if (!isLive(entry)) seen.delete(workerId);
  }

  return {
    record(heartbeat) {
      if (seen.size >= maxRemembered) forgetTheSilent();
      seen.set(heartbeat.workerId, { heartbeat, atMs: clock.monotonicMs() });
    },
    connectionChanged(now) {
      if (connected && !now) forgetTheSilent();
      connected = now;
      if (!now) return;
      connectedAtMs = clock.monotonicMs();
      for (const entry of seen.values()) entry.atMs = connectedAtMs;
    },
    live(workerId) {
      const entry = seen.get(workerId);
      return entry !== undefined && isLive(entry) ? entry.heartbeat : null;
    },
    slots: (pool) =>
      workers()
        .filter((worker) => worker.pool === pool && !worker.draining)
        .reduce((total, { slots }) => total + slots, 0),
    workers,
    listenedLongEnough: () => connected && clock.monotonicMs() - connectedAtMs > leaseMs,
  };
}
