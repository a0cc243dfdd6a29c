import { finalStatuses } from '@yardmaster/domain';
import type { JobSummary } from '@yardmaster/protocol';
import type { Live } from '../live/live.ts';

/**
 * What the page draws: builds under way in the order they came, and the last ones that ended, latest first. A list in
 * which nothing changed stays the same array, a build of which nothing changed the same object.
 */
export interface JobsView {
  /** False until the first snapshot: "no builds" is not known before. */
  readonly known: boolean;
  readonly active: readonly JobSummary[];
  readonly ended: readonly JobSummary[];
}

export interface JobsStore {
  /** Replaces everything. Of another store's builds no revision counts that is known of this one's. */
  replace(jobs: readonly JobSummary[], options?: { readonly fromOtherStore: boolean }): void;
  /** Puts one build's newer summary in the place of the older. */
  put(job: JobSummary): void;
  /** The newest that is known of a build, which the view shows with the next flush. */
  find(id: string): JobSummary | undefined;
  subscribe(listener: () => void): () => void;
  /** Stays the same object until the next flush. */
  readonly view: () => JobsView;
}

/** Readers are told at most this often, however many updates come. */
export const flushIntervalMs = 250;
/** Ended builds beyond these leave the page, as they leave a fresh answer of the server. */
export const maxEnded = 10;
/** The most builds under way that a snapshot of the server brings. */
export const snapshotLimit = 200;
/** The most builds under way that are held, the oldest. */
export const maxActive = 5 * snapshotLimit;

export interface JobsStoreParts {
  readonly nowMs: () => number;
  readonly setTimer: (callback: () => void, delayMs: number) => unknown;
}

/**
 * The builds of the signed-in person, outside of React: a flood of updates is kept by id and shown a few times a
 * second. The first update after a pause is shown at once. An update that is older than what is there (by revision) is
 * dropped, since an answer to a poll may arrive late.
 */
export function createJobsStore({ nowMs, setTimer }: JobsStoreParts): JobsStore {
  const listeners = new Set<() => void>();
  const jobs = new Map<string, JobSummary>();
  let known = false;
  let view: JobsView = { known: false, active: [], ended: [] };
  let flushedAtMs = Number.NEGATIVE_INFINITY;
  let isScheduled = false;

  return {
    replace(next, { fromOtherStore } = { fromOtherStore: false }) {
      const newer = fromOtherStore ? next : next.map((job) => sameOrNewest(jobs.get(job.id), job));
      jobs.clear();
      for (const job of newer) jobs.set(job.id, job);
      known = true;
      flushSoon();
    },
    put(job) {
      jobs.set(job.id, newest(jobs.get(job.id), job));
      flushSoon();
    },
    find: (id) => jobs.get(id),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    view: () => view,
  };

  function flushSoon(): void {
    if (isScheduled) return;
    const waitMs = flushedAtMs + flushIntervalMs - nowMs();
    isScheduled = waitMs > 0;
    if (isScheduled) setTimer(flush, waitMs);
    else flush();
  }

  function flush(): void {
    isScheduled = false;
    flushedAtMs = nowMs();
    const all = [...jobs.values()];
    const active = all.filter((job) => !finalStatuses.has(job.status)).sort(byCreation);
    const ended = all.filter((job) => finalStatuses.has(job.status)).sort(byEndLatestFirst);
    for (const { id } of [...ended.splice(maxEnded), ...active.splice(maxActive)]) jobs.delete(id);
    view = { known, active: sameOr(view.active, active), ended: sameOr(view.ended, ended) };
    for (const listener of listeners) listener();
  }
}

function newest(there: JobSummary | undefined, next: JobSummary): JobSummary {
  return there !== undefined && there.revision > next.revision ? there : next;
}

/** A snapshot says most things again: a build that it has nothing new about stays the same object, and is not drawn anew. */
function sameOrNewest(there: JobSummary | undefined, next: JobSummary): JobSummary {
  if (there === undefined || there.revision !== next.revision) return newest(there, next);
  return JSON.stringify(there) === JSON.stringify(next) ? there : next;
}

/** The list before, where the next one has the same builds in the same order. */
function sameOr(before: readonly JobSummary[], next: readonly JobSummary[]): readonly JobSummary[] {
  return before.length === next.length && before.every((job, index) => job === next[index]) ? before : next;
}

const byCreation = (a: JobSummary, b: JobSummary): number => compare(a.createdAt, b.createdAt) || compare(a.id, b.id);

const byEndLatestFirst = (a: JobSummary, b: JobSummary): number =>
  compare(b.completedAt ?? b.createdAt, a.completedAt ?? a.createdAt) || compare(a.id, b.id);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Keeps the store up to date until the returned function is called. An answer to a poll does not name its store. */
export function followQueue(live: Live, store: JobsStore): () => void {
  let known = '';
  return live.follow('queue', {
    snapshot({ jobs = [], storeId }) {
      store.replace(jobs, { fromOtherStore: known !== '' && storeId !== '' && storeId !== known });
      if (storeId !== '') known = storeId;
    },
    update: ({ job }) => {
      if (job !== undefined) store.put(job);
    },
  });
}
