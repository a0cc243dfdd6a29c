import type { WorkerId } from '@yardmaster/domain';
import type { Heartbeat } from '@yardmaster/protocol';
import type { Clock } from '../ports/clock.ts';
import type { OrchestratorMessaging, Running } from '../ports/messaging.ts';

/** Silence after which a worker counts as gone. Eight heartbeats, so that one late one does not matter. */
export const leaseMs = 4_000;

/** Workers that are remembered, those that fell silent included. */
const maxRemembered = 1_000;

/** Who is not asked for so long, and did not look itself, was held up with its whole process: a pause, a frozen host. */
const heldUpAfterMs = 2_000;
const lookEveryMs = 500;

/** The pool that workers without tags belong to. */
export const defaultPool = 'default';

/**
 * The workers that are heard from. Memory only: a restart learns them anew within one heartbeat, and silence counts only
 * while this process itself runs and is connected.
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
  /** Called with each heartbeat after it was recorded. */
  onHeartbeat(listener: (heartbeat: Heartbeat) => void): Running;
}

/** Listens to the workers, on every server: who leads knows them from the first moment, and all give the same answers. */
export function listenToFleet({
  messaging,
  clock,
}: {
  readonly messaging: Pick<OrchestratorMessaging, 'onConnectionChange' | 'onHeartbeat'>;
  readonly clock: Clock;
}): Running & { readonly fleet: Fleet } {
  const fleet = createFleet({ clock });
  const running = [messaging.onConnectionChange(fleet.connectionChanged), messaging.onHeartbeat(fleet.record)];
  let timer = clock.setTimer(lookEveryMs, look);
  function look(): void {
    fleet.workers();
    timer = clock.setTimer(lookEveryMs, look);
  }
  return {
    fleet,
    async stop() {
      timer.cancel();
      await Promise.all(running.map((part) => part.stop()));
    },
  };
}

export function createFleet({ clock }: { readonly clock: Clock }): Fleet {
  const seen = new Map<WorkerId, { heartbeat: Heartbeat; atMs: number }>();
  const listeners = new Set<(heartbeat: Heartbeat) => void>();
  let connected = false;
  let connectedAtMs = clock.monotonicMs();
  let lookedAtMs = connectedAtMs;

  /** What was said while this process stood still is yet to be heard: nobody falls silent by that. */
  function look(): number {
    const nowMs = clock.monotonicMs();
    if (connected && nowMs - lookedAtMs > heldUpAfterMs) {
      forgetTheSilent(lookedAtMs);
      giveAWholeLease(nowMs);
    }
    lookedAtMs = nowMs;
    return nowMs;
  }

  function isLiveAt(nowMs: number, { atMs }: { readonly atMs: number }): boolean {
    return !connected || nowMs - atMs <= leaseMs;
  }

  function workers(): readonly Heartbeat[] {
    const nowMs = look();
    return [...seen.values()].filter((entry) => isLiveAt(nowMs, entry)).map(({ heartbeat }) => heartbeat);
  }

  /** Who had fallen silent before we could not hear is not live again after it. */
  function forgetTheSilent(nowMs: number): void {
    for (const [workerId, entry] of seen) if (!isLiveAt(nowMs, entry)) seen.delete(workerId);
  }

  function giveAWholeLease(nowMs: number): void {
    connectedAtMs = nowMs;
    for (const entry of seen.values()) entry.atMs = nowMs;
  }

  return {
    record(heartbeat) {
      const nowMs = look();
      if (seen.size >= maxRemembered) forgetTheSilent(nowMs);
      seen.set(heartbeat.workerId, { heartbeat, atMs: nowMs });
      for (const listener of [...listeners]) listener(heartbeat);
    },
    connectionChanged(now) {
      const nowMs = look();
      if (connected && !now) forgetTheSilent(nowMs);
      connected = now;
      if (now) giveAWholeLease(nowMs);
    },
    live(workerId) {
      const nowMs = look();
      const entry = seen.get(workerId);
      return entry !== undefined && isLiveAt(nowMs, entry) ? entry.heartbeat : null;
    },
    slots: (pool) =>
      workers()
        .filter((worker) => worker.pool === pool && !worker.draining)
        .reduce((total, { slots }) => total + slots, 0),
    workers,
    listenedLongEnough: () => connected && look() - connectedAtMs > leaseMs,
    onHeartbeat(listener) {
      listeners.add(listener);
      return { stop: async () => void listeners.delete(listener) };
    },
  };
}
