import { describe, expect, test } from 'vitest';
import { dayOf, firstOfLast, rangeText } from '../src/features/queue/day-range.ts';
import {
  changedSearch,
  clearedSearch,
  isFiltered,
  momentsOf,
  QueueSearch,
  queueQuery,
} from '../src/features/queue/queue-search.ts';

const read = (search: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(QueueSearch.parse(search)).filter(([, value]) => value !== undefined));
const query = (search: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(new URLSearchParams(queueQuery(QueueSearch.parse(search))));

describe('the view of the queue in the address', () => {
  test('is read as it was written', () => {
    const search = { status: ['queued', 'failed'], website: 'website-1', q: 'shop', from: '2026-01-01', page: 3 };
    expect(read(search)).toEqual(search);
  });

  test('is understood when it is typed by hand', () => {
    expect(read({ status: 'failed,queued' })).toEqual({ status: ['queued', 'failed'] });
    expect(read({ q: 2026, website: 7 })).toEqual({ q: '2026', website: '7' });
    expect(read({ q: '  shop ' })).toEqual({ q: 'shop' });
  });

  test.each([
    [{ status: ['done'] }],
    [{ status: 4 }],
    [{ website: 'no id!' }],
    [{ q: '   ' }],
    [{ q: 'x'.repeat(201) }],
    [{ from: '2026-02-30' }],
    [{ to: '0000-01-01' }],
    [{ sort: 'size' }],
    [{ page: 0 }],
    [{ page: 1e9 }],
    [{ page: '2' }],
    [{ unknown: 'x' }],
  ])('loses what is wrong, and only that: %j', (wrong) => {
    expect(read({ sort: 'name', q: 'shop', ...wrong })).toEqual({
      ...('sort' in wrong ? {} : { sort: 'name' }),
      ...('q' in wrong ? {} : { q: 'shop' }),
    });
  });

  test('keeps what is right of a list of statuses, each once', () => {
    expect(read({ status: ['failed', 'done', 'failed', 3] })).toEqual({ status: ['failed'] });
  });

  test('goes back to the first page with every change, and shows nothing that is not set', () => {
    const search = QueueSearch.parse({ q: 'shop', sort: 'name', page: 4 });
    expect(changedSearch(search, { status: ['failed'] })).toEqual({ q: 'shop', sort: 'name', status: ['failed'] });
    expect(changedSearch(search, { q: '', status: [], sort: undefined })).toEqual({});
  });

  test('loses its filter and keeps its order when it is cleared', () => {
    const search = QueueSearch.parse({ q: 'shop', from: '2026-01-01', sort: 'name', page: 4 });
    expect(isFiltered(search)).toBe(true);
    expect(clearedSearch(search)).toEqual({ sort: 'name' });
    expect(isFiltered(clearedSearch(search))).toBe(false);
  });
});

describe('what the server is asked', () => {
  test('is a page of builds that ended, newest first, unless the address says otherwise', () => {
    const ended = 'completed,failed,cancelled';
    expect(query({})).toEqual({ status: ended, sort: 'newest', page: '1', pageSize: '10' });
    expect(query({ sort: 'duration', page: 3, q: 'a b&c', website: 'website-1' })).toEqual({
      status: ended,
      website: 'website-1',
      q: 'a b&c',
      sort: 'duration',
      page: '3',
      pageSize: '10',
    });
  });

  test('is about the final statuses of the filter, and about none that ended where it has none', () => {
    expect(query({ status: ['queued', 'failed'] }).status).toBe('failed');
    expect(query({ status: ['queued', 'building'] }).status).toBe('queued,building');
  });

  test('is from the first to the last moment of the days where the person is', () => {
    const { from, to } = query({ from: '2026-01-30', to: '2026-01-31' });
    expect(from).toBe(new Date(2026, 0, 30).toISOString());
    expect(to).toBe(new Date(2026, 0, 31, 23, 59, 59, 999).toISOString());
    expect(momentsOf({ from: '2026-01-31', to: undefined })).toEqual({
      from: new Date(2026, 0, 31).getTime(),
      to: null,
    });
  });
});

describe('days', () => {
  const now = new Date(2026, 2, 1, 0, 5);

  test('are those of the person, across the ends of months', () => {
    expect(dayOf(now)).toBe('2026-03-01');
    expect([1, 7, 30].map((days) => firstOfLast(days, now))).toEqual(['2026-03-01', '2026-02-23', '2026-01-31']);
  });

  test('are said in words', () => {
    const words = (from?: string, to?: string) => rangeText({ from, to }, now);
    expect(words()).toBe('Any day');
    expect([words('2026-03-01'), words('2026-03-01', '2026-03-01')]).toEqual(['Today', 'Today']);
    expect(words('2026-02-23')).toMatch(/^Since (23 Feb|Feb 23)$/);
    expect(words(undefined, '2025-12-31')).toMatch(/^Until .*2025$/);
    expect(words('2026-01-01', '2026-01-31')).toMatch(/Jan.* – .*Jan/);
    expect(words('2026-01-05', '2026-01-05')).not.toMatch(/–/);
  });
});
