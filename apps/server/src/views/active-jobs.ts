import { finalStatuses, type Status, statuses } from '@yardmaster/domain';

/** The most builds under way that one answer lists; totals count them all. */
export const maxActiveJobs = 200;

const active = statuses.filter((status) => !finalStatuses.has(status));
const building: readonly Status[] = ['building', 'running'];
const waiting = active.filter((status) => !building.includes(status));

interface Found<Job> {
  readonly jobs: readonly Job[];
  readonly total: number;
}

/**
 * The builds under way, as `find` sorts them. Where there are more than one answer lists, those that are being built come
 * before those that wait, so that nobody misses a build that runs.
 */
export function findActiveJobs<Job>(
  find: (statuses: readonly Status[], page: { readonly limit: number; readonly offset: number }) => Found<Job>,
): Found<Job> {
  const all = find(active, { limit: maxActiveJobs, offset: 0 });
  if (all.total <= maxActiveJobs) return all;
  const first = find(building, { limit: maxActiveJobs, offset: 0 }).jobs;
  const then = find(waiting, { limit: maxActiveJobs - first.length, offset: 0 }).jobs;
  return { jobs: [...first, ...then], total: all.total };
}
