import type { Status } from '@yardmaster/domain';
import { expect, it } from 'vitest';
import { findActiveJobs, maxActiveJobs } from '../src/views/active-jobs.ts';

interface Job {
  readonly number: number;
  readonly status: Status;
}

/** The newest first, as the read model gives them. */
function queueOf(jobs: readonly Job[]) {
  const newestFirst = jobs.toSorted((a, b) => b.number - a.number);
  return (statuses: readonly Status[], { limit, offset }: { readonly limit: number; readonly offset: number }) => {
    const found = newestFirst.filter(({ status }) => statuses.includes(status));
    return { jobs: found.slice(offset, offset + limit), total: found.length };
  };
}

const jobs = (count: number): readonly Job[] =>
  Array.from({ length: count }, (_, number) => ({ number, status: number < 3 ? 'building' : 'queued' }));

it('gives all builds under way in the order asked for, while they fit into one answer', () => {
  const { jobs: found, total } = findActiveJobs(queueOf(jobs(maxActiveJobs)));
  expect(total).toBe(maxActiveJobs);
  expect(found.map(({ number }) => number)).toEqual(jobs(maxActiveJobs).map((_, n) => maxActiveJobs - 1 - n));
});

it('leaves out builds that wait before any that is being built', () => {
  const { jobs: found, total } = findActiveJobs(queueOf(jobs(500)));
  expect(total).toBe(500);
  expect(found).toHaveLength(maxActiveJobs);
  expect(found.slice(0, 4).map(({ number }) => number)).toEqual([2, 1, 0, 499]);
});
