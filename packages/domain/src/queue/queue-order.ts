/** A build that waits: exactly what the order depends on. */
export interface WaitingBuild {
  readonly jobId: string;
  /** 0–9. */
  readonly priority: number;
  /** When it first was queued; a retry keeps its place in time. Milliseconds since the epoch. */
  readonly queuedAtMs: number;
}

export interface QueueOrderSettings {
  /** The wait after which a build's priority counts double, in milliseconds. */
  readonly horizonMs: number;
  /** Builds that waited longer come first, oldest first, whatever their priority. In milliseconds. */
  readonly maximumWaitMs: number;
}

export const defaultQueueOrderSettings: QueueOrderSettings = { horizonMs: 600_000, maximumWaitMs: 900_000 };

/** (priority + 1) × min(2, 1 + wait / horizon): waiting raises a build at most to twice its base. */
export function effectivePriority(build: WaitingBuild, nowMs: number, settings = defaultQueueOrderSettings): number {
  const waitMs = Math.max(0, nowMs - build.queuedAtMs);
  return (build.priority + 1) * Math.min(2, 1 + waitMs / settings.horizonMs);
}

/**
 * Orders two waiting builds: negative when `a` starts first. A total order for any one `nowMs`, the same on every
 * process: past the maximum wait oldest first and before all others, then effective priority, then age, then id.
 */
export function compareWaiting(
  a: WaitingBuild,
  b: WaitingBuild,
  nowMs: number,
  settings = defaultQueueOrderSettings,
): number {
  const aOverdue = nowMs - a.queuedAtMs > settings.maximumWaitMs;
  const bOverdue = nowMs - b.queuedAtMs > settings.maximumWaitMs;
  if (aOverdue !== bOverdue) return aOverdue ? -1 : 1;
  const byPriority = aOverdue ? 0 : effectivePriority(b, nowMs, settings) - effectivePriority(a, nowMs, settings);
  return byPriority || a.queuedAtMs - b.queuedAtMs || (a.jobId < b.jobId ? -1 : a.jobId > b.jobId ? 1 : 0);
}

/** The builds in the order in which they will start. */
export function orderQueue<Build extends WaitingBuild>(
  builds: readonly Build[],
  nowMs: number,
  settings = defaultQueueOrderSettings,
): readonly Build[] {
  return [...builds].sort((a, b) => compareWaiting(a, b, nowMs, settings));
}

/** Why a build waits, in words, from its place and what the workers say. */
export function waitingReason(place: {
  readonly ahead: number;
  readonly aheadOfHigherPriority: number;
  readonly liveSlots: number;
  /** Whether work can be handed to workers now. */
  readonly isMessagingConnected: boolean;
}): string {
  if (!place.isMessagingConnected) return 'The message server cannot be reached.';
  if (place.liveSlots === 0) return 'No worker is online.';
  if (place.ahead === 0) return 'Next: it starts as soon as a worker is free.';
  const builds = place.ahead === 1 ? '1 build' : `${place.ahead} builds`;
  const higher = place.aheadOfHigherPriority;
  return higher === 0 ? `${builds} ahead of yours.` : `${builds} ahead of yours, ${higher} of higher priority.`;
}
