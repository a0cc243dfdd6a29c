import type { JobSummary } from '@yardmaster/protocol';
import type { JobsStore } from '../../shared/jobs/jobs-store.ts';
import type { JobPredicate } from './job-filter.ts';

/** Builds change their places at most this often. */
export const resortIntervalMs = 1_000;

export interface UnderWayView {
  /** False until the first snapshot. */
  readonly known: boolean;
  readonly jobs: readonly JobSummary[];
}

/** The builds under way as they are drawn: filtered, and in an order that does not change under a hand. */
export interface UnderWayList {
  /** Shows other builds from now on, sorted afresh. */
  filter(passes: JobPredicate): void;
  subscribe(listener: () => void): () => void;
  /** Stays the same object until something changes. */
  readonly view: () => UnderWayView;
}

export interface UnderWayListParts {
  readonly store: JobsStore;
  /** Whether somebody points at a build or is about to press something in the list. */
  readonly isHeld: () => boolean;
  readonly nowMs: () => number;
  /** Returns what calls it off. */
  readonly setTimer: (callback: () => void, delayMs: number) => () => void;
  readonly passes: JobPredicate;
}

/**
 * What a build shows changes as the store does; its place changes at most once a second, and not while the list is held.
 * A build that ends while the list is held stays where it is, as ended, until the list is let go, so that nothing moves
 * under the pointer. New ones come to the end until places may change. Works only while somebody is subscribed.
 */
export function createUnderWayList({ store, isHeld, nowMs, setTimer, ...parts }: UnderWayListParts): UnderWayList {
  const listeners = new Set<() => void>();
  let passes = parts.passes;
  let view: UnderWayView = { known: false, jobs: [] };
  let sortedAtMs = Number.NEGATIVE_INFINITY;
  let unsubscribe: (() => void) | null = null;
  let callOff: (() => void) | null = null;

  return {
    filter(next) {
      passes = next;
      sortedAtMs = Number.NEGATIVE_INFINITY;
      if (unsubscribe !== null) arrange({ afresh: true });
    },
    subscribe(listener) {
      listeners.add(listener);
      unsubscribe ??= store.subscribe(() => arrange({ afresh: false }));
      if (listeners.size === 1) arrange({ afresh: true });
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        unsubscribe?.();
        callOff?.();
        unsubscribe = callOff = null;
      };
    },
    view: () => view,
  };

  function arrange({ afresh }: { readonly afresh: boolean }): void {
    callOff?.();
    callOff = null;
    const { known, active, ended } = store.view();
    const wanted = active.filter(passes).sort(compareUnderWay);
    const held = isHeld();
    const kept = afresh ? wanted : keepPlaces(view.jobs, wanted, held ? [...active, ...ended] : null);
    const waitMs = sortedAtMs + resortIntervalMs - nowMs();
    const isSettled = sameBuilds(kept, wanted);
    if (isSettled || !(held || waitMs > 0)) {
      if (!isSettled || afresh) sortedAtMs = nowMs();
      show(known, wanted);
    } else {
      callOff = setTimer(() => arrange({ afresh: false }), waitMs > 0 ? waitMs : resortIntervalMs);
      show(known, kept);
    }
  }

  function show(known: boolean, jobs: readonly JobSummary[]): void {
    if (known === view.known && jobs.length === view.jobs.length && jobs.every((job, at) => job === view.jobs[at]))
      return;
    view = { known, jobs };
    for (const listener of listeners) listener();
  }
}

/**
 * `wanted` with each build where it was in `shown`, and new ones at the end. Builds that are not wanted any more go,
 * unless `latest` is given: then they stay, as it or else `shown` has them.
 */
function keepPlaces(
  shown: readonly JobSummary[],
  wanted: readonly JobSummary[],
  latest: readonly JobSummary[] | null,
): readonly JobSummary[] {
  const wantedById = byId(wanted);
  const latestById = latest === null ? null : byId(latest);
  const staying = shown.flatMap((job) => {
    const next = wantedById.get(job.id) ?? (latestById === null ? undefined : (latestById.get(job.id) ?? job));
    return next === undefined ? [] : [next];
  });
  const there = byId(staying);
  return [...staying, ...wanted.filter(({ id }) => !there.has(id))];
}

const byId = (jobs: readonly JobSummary[]) => new Map(jobs.map((job) => [job.id, job]));

const sameBuilds = (a: readonly JobSummary[], b: readonly JobSummary[]): boolean =>
  a.length === b.length && a.every(({ id }, index) => id === b[index]?.id);

const ranks = { running: 0, building: 0, queued: 1, pending: 1, completed: 2, failed: 2, cancelled: 2 } as const;

/** What is being built first, the one that began first on top; then what waits, the next to start on top. */
export function compareUnderWay(a: JobSummary, b: JobSummary): number {
  const byRank = ranks[a.status] - ranks[b.status];
  if (byRank !== 0) return byRank;
  if (ranks[a.status] === 0)
    return compare(a.startedAt ?? a.createdAt, b.startedAt ?? b.createdAt) || compare(a.id, b.id);
  return place(a) - place(b) || compare(a.createdAt, b.createdAt) || compare(a.id, b.id);
}

/** Handed to a worker already: before position 1. Backing off or not in the queue yet: after all that are. */
function place({ queuePosition, state }: JobSummary): number {
  return queuePosition ?? (state === 'dispatched' ? 0 : Number.MAX_SAFE_INTEGER);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
