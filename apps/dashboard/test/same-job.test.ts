import { expect, test } from 'vitest';
import { sameJob } from '../src/features/queue/same-job.ts';
import { jobSummary } from './job-summary.ts';

test('a part of a card is drawn anew when something that it shows has changed, and for nothing else', () => {
  const isSame = sameJob<{ job: ReturnType<typeof jobSummary>; canCancel: boolean }>('websiteName', 'status');
  const job = jobSummary({ id: 'a' });
  const before = { job, canCancel: true };
  expect(isSame(before, { job: { ...job, progress: 50, revision: 7 }, canCancel: true })).toBe(true);
  expect(isSame(before, { job: { ...job, status: 'building' }, canCancel: true })).toBe(false);
  expect(isSame(before, { job, canCancel: false })).toBe(false);
});
