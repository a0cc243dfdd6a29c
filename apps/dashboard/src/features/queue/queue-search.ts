import { finalStatuses, type Status, statuses, WebsiteId } from '@yardmaster/domain';
import { z } from 'zod';

/** Builds of one page of those that ended. */
export const pageSize = 10;
/** The most that the server takes. */
const maxPage = 100_000;
const maxTextLength = 200;

export const sorts = ['newest', 'oldest', 'name', 'priority', 'duration'] as const;
export type Sort = (typeof sorts)[number];

/** The router reads `?q=123` as a number. */
const text = z.union([z.string(), z.number().transform(String)]);

/** Typed by hand `?status=failed,queued` is understood as well. What is no status is passed over. */
const statusList = z
  .union([z.string().transform((names) => names.split(',')), z.array(z.unknown())])
  .transform((names) => statuses.filter((status) => names.includes(status)))
  .transform((chosen) => (chosen.length === 0 ? undefined : chosen));

/** As `2026-01-31`; a moment of it has four digits for its year everywhere on earth. */
const day = z.iso.date().refine((date) => date >= '1971-01-01' && date <= '9998-12-31');

/** The view of the queue as it stands in the address; what is not there is not filtered, what is wrong is dropped. */
export const QueueSearch = z.object({
  status: statusList.optional().catch(undefined),
  website: text.pipe(WebsiteId).transform(String).optional().catch(undefined),
  q: text.pipe(z.string().trim().min(1).max(maxTextLength)).optional().catch(undefined),
  from: day.optional().catch(undefined),
  to: day.optional().catch(undefined),
  sort: z.enum(sorts).optional().catch(undefined),
  page: z.int().min(1).max(maxPage).optional().catch(undefined),
});
export type QueueSearch = z.output<typeof QueueSearch>;

/** What decides which builds are shown, apart from their order and page. */
export type QueueFilter = Pick<QueueSearch, 'status' | 'website' | 'q' | 'from' | 'to'>;

export function isFiltered({ status, website, q, from, to }: QueueFilter): boolean {
  return [status, website, q, from, to].some((value) => value !== undefined);
}

/** With another filter or order the first page is shown: the page before means something else now. */
export function changedSearch(search: QueueSearch, change: Omit<QueueSearch, 'page'>): QueueSearch {
  return present({ ...search, ...change, page: undefined });
}

export function clearedSearch({ sort }: QueueSearch): QueueSearch {
  return present({ sort });
}

/** What is undefined is left out, and an empty list or text with it, so that the address shows what is set and no more. */
function present(search: QueueSearch): QueueSearch {
  const isSet = (value: unknown) =>
    value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(search).filter(([, value]) => isSet(value)));
}

/** The statuses of builds that have ended which a filter lets through. */
export function endedStatuses({ status }: QueueFilter): readonly Status[] {
  return (status ?? statuses).filter((candidate) => finalStatuses.has(candidate));
}

/**
 * The query of `GET /user/queue` for the builds that ended. Those under way come by the live connection, so they are not
 * asked for: `status` names final ones only, or, where the filter has none, those of the filter, of which none is final.
 */
export function queueQuery(search: QueueSearch): string {
  const { website, q, sort = 'newest', page = 1 } = search;
  const ended = endedStatuses(search);
  const { from, to } = momentsOf(search);
  const fields = {
    status: (ended.length > 0 ? ended : (search.status ?? [])).join(','),
    website,
    q: q?.trim(),
    from: from === null ? undefined : new Date(from).toISOString(),
    to: to === null ? undefined : new Date(to).toISOString(),
    sort,
    page: String(page),
    pageSize: String(pageSize),
  };
  const set = Object.entries(fields).filter((field): field is [string, string] => Boolean(field[1]));
  return new URLSearchParams(set).toString();
}

/** The first and the last millisecond of the days, where the person is; null where there is no bound. */
export function momentsOf({ from, to }: Pick<QueueFilter, 'from' | 'to'>): {
  readonly from: number | null;
  readonly to: number | null;
} {
  return {
    from: from === undefined ? null : Date.parse(`${from}T00:00:00.000`),
    to: to === undefined ? null : Date.parse(`${to}T23:59:59.999`),
  };
}
