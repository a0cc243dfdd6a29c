import { describe, expect, test } from 'vitest';
import { jobFilter } from '../src/features/queue/job-filter.ts';
import { jobSummary } from './job-summary.ts';

const passes = (filter: Parameters<typeof jobFilter>[0], given: Partial<Parameters<typeof jobSummary>[0]> = {}) =>
  jobFilter(filter)(jobSummary({ id: 'job-1', ...given }));

/** As `packages/application/src/projections/job-queries.ts` filters. */
describe('the filter of builds under way decides as the server does:', () => {
  test('without anything set all pass', () => expect(passes({})).toBe(true));

  test('a status has to be one of those chosen', () => {
    expect(passes({ status: ['queued', 'failed'] })).toBe(true);
    expect(passes({ status: ['building'] })).toBe(false);
  });

  test('a website is the one with that id, whatever its name', () => {
    expect(passes({ website: 'website-1' })).toBe(true);
    expect(passes({ website: 'Corner shop' })).toBe(false);
  });

  test('a text is somewhere in the name or in the id, whatever the case', () => {
    expect(passes({ q: 'NER S' })).toBe(true);
    expect(passes({ q: 'ÜBER' }, { websiteName: 'Berg über Tal' })).toBe(true);
    expect(passes({ q: 'JOB-1' })).toBe(true);
    expect(passes({ q: 'job-2' })).toBe(false);
    expect(passes({ q: 'corner%' })).toBe(false);
  });

  test('days are those in which it was asked for, first and last moment included', () => {
    const from = '2026-01-30';
    const to = '2026-01-31';
    const at = (moment: Date) => passes({ from, to }, { createdAt: moment.toISOString() });
    expect(at(new Date(2026, 0, 30))).toBe(true);
    expect(at(new Date(2026, 0, 31, 23, 59, 59, 999))).toBe(true);
    expect(at(new Date(2026, 0, 29, 23, 59, 59, 999))).toBe(false);
    expect(at(new Date(2026, 1, 1))).toBe(false);
  });

  test('all that is set has to fit', () => {
    expect(passes({ q: 'corner', status: ['queued'], website: 'website-2' })).toBe(false);
  });
});
