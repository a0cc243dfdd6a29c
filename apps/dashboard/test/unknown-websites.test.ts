import { expect, test } from 'vitest';
import { createWebsiteWatch } from '../src/features/queue/unknown-websites.ts';
import { endedJob, jobSummary } from './job-summary.ts';

test('websites are asked for when a build of an unknown one appears, once for each', () => {
  const hasNew = createWebsiteWatch();
  const listed = [{ id: 'website-1' }];
  const shown = (...websiteIds: readonly string[]) => ({
    known: true,
    active: websiteIds.map((websiteId) => jobSummary({ id: websiteId, websiteId })),
    ended: [endedJob('ended', '2026-01-01T00:05:00.000Z')],
  });
  expect(hasNew(shown('website-1'), listed)).toBe(false);
  expect(hasNew(shown('website-1', 'website-2'), listed)).toBe(true);
  expect(hasNew(shown('website-1', 'website-2'), listed)).toBe(false);
  expect(hasNew(shown('website-3'), [...listed, { id: 'website-3' }])).toBe(false);
  expect(hasNew(shown('website-3'), [])).toBe(false);
});
