import { effectivePriority, type JobId, orderQueue, type WaitingBuild } from '@yardmaster/domain';
import type { JobQueries } from './job-queries.ts';
import type { JobRecord, QueuePlace } from './read-models.ts';

/** The builds that have not ended, in memory, so that lists and queue places cost no reading however many wait. */
export interface OpenBuilds {
  /** Takes everything from the tables. */
  load(): void;
  /** Takes these jobs from the tables again: call it after each commit. */
  refresh(ids: Iterable<JobId>): void;
  /** The oldest first. */
  all(): readonly JobRecord[];
  places(nowMs: number): ReadonlyMap<JobId, QueuePlace>;
}

type Waiting = WaitingBuild & { readonly jobId: JobId };

/**
 * Places are those of the last multiple of this many milliseconds: the same on every gateway, and one computation for
 * all the requests of that time.
 */
export const queuePlacesStepMs = 250;

export function createOpenBuilds({ openJob, loadOpenJobs }: JobQueries): OpenBuilds {
  // Both in the order of the requests: a Map keeps the place of a key that is set again.
  const records = new Map<JobId, JobRecord>();
  const waiting = new Map<JobId, Waiting>();
  let all: readonly JobRecord[] | null = null;
  let order: readonly Waiting[] = [];
  let changed = false;
  let answer: { readonly atMs: number; readonly places: ReadonlyMap<JobId, QueuePlace> } | null = null;

  const put = (id: JobId, record: JobRecord | null) => {
    all = null;
    if (record === null) records.delete(id);
    else records.set(id, record);
    const known = waiting.get(id);
    const now = record === null ? null : waitingBuild(record);
    if (now === null ? known === undefined : known?.priority === now.priority) return;
    if (now === null) waiting.delete(id);
    else waiting.set(id, now);
    changed = true;
    answer = null;
  };

  return {
    load() {
      for (const id of [...records.keys()]) put(id, null);
      for (const record of loadOpenJobs()) put(record.id, record);
    },
    refresh(ids) {
      for (const id of ids) put(id, openJob(id));
    },
    all() {
      all ??= [...records.values()];
      return all;
    },
    places(nowMs) {
      const atMs = nowMs - (nowMs % queuePlacesStepMs);
      if (answer === null || answer.atMs !== atMs) {
        // Little changes from one time to the next, and sorting what is nearly sorted is quick.
        order = orderQueue(changed ? withChanges(order, waiting) : order, atMs);
        changed = false;
        answer = { atMs, places: placesOf(order, atMs) };
      }
      return answer.places;
    },
  };
}

/** What still waits in the order of before, then what is new or has another priority. */
function withChanges(order: readonly Waiting[], waiting: ReadonlyMap<JobId, Waiting>): readonly Waiting[] {
  const still = order.filter((build) => waiting.get(build.jobId) === build);
  const known = new Set(still);
  return [...still, ...[...waiting.values()].filter((build) => !known.has(build))];
}

/** Null for a build that does not wait in the queue: a dispatched one is already on its way to a worker. */
function waitingBuild({ id, state, priority, queuedAt, createdAt }: JobRecord): Waiting | null {
  if (state !== 'queued' && state !== 'backingOff') return null;
  return { jobId: id, priority, queuedAtMs: Date.parse(queuedAt ?? createdAt) };
}

function placesOf(order: readonly Waiting[], atMs: number): ReadonlyMap<JobId, QueuePlace> {
  const seenOfPriority: number[] = new Array(10).fill(0);
  const places = new Map<JobId, QueuePlace>();
  for (const [index, build] of order.entries()) {
    let aheadOfHigherPriority = 0;
    for (let priority = build.priority + 1; priority < seenOfPriority.length; priority++) {
      aheadOfHigherPriority += seenOfPriority[priority] ?? 0;
    }
    seenOfPriority[build.priority] = (seenOfPriority[build.priority] ?? 0) + 1;
    places.set(build.jobId, {
      position: index + 1,
      aheadOfHigherPriority,
      effectivePriority: effectivePriority(build, atMs),
    });
  }
  return places;
}
