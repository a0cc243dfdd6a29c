import type { QueueStatistics } from '@yardmaster/protocol';
import { Hourglass } from 'lucide-react';
import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { z } from 'zod';
import { countText } from '../../shared/format/quantities.ts';
import { toneOfStatus } from '../../shared/jobs/job-display.ts';
import { useJobsStore, useJobsValue } from '../../shared/jobs/jobs-context.ts';
import { snapshotLimit } from '../../shared/jobs/jobs-store.ts';
import { after } from '../../shared/jobs/refresh-on-change.ts';
import { EmptyState } from '../../shared/ui/empty-state.tsx';
import { Count, Panel } from '../../shared/ui/panel.tsx';
import { Skeleton } from '../../shared/ui/skeleton.tsx';
import { StillWaiting } from '../../shared/ui/still-waiting.tsx';
import { JobCard } from './job-card.tsx';
import { jobFilter } from './job-filter.ts';
import { Pager } from './pager.tsx';
import { isFiltered, type QueueSearch } from './queue-search.ts';
import { createUnderWayList } from './under-way-list.ts';

/** With more spinners than these they stand still: each costs the browser a repaint with every frame. */
const maxSpinners = 4;
/** The most cards that are drawn at once. */
const cardsPerPage = 50;

interface UnderWayProps {
  readonly search: QueueSearch;
  /** Of all builds, whatever the filter; undefined while not known. */
  readonly statistics: z.infer<typeof QueueStatistics> | undefined;
}

/** What is being built, and what waits in which order. */
export function UnderWay({ search, statistics }: UnderWayProps) {
  const list = useRef<HTMLUListElement>(null);
  const { known, jobs } = useUnderWay(list, search);
  const [wantedPage, setPage] = useState(1);
  const pages = Math.max(1, Math.ceil(jobs.length / cardsPerPage));
  const page = Math.min(wantedPage, pages);
  const onPage = jobs.slice((page - 1) * cardsPerPage, page * cardsPerPage);
  const isBusy = onPage.filter(({ status }) => toneOfStatus[status] === 'working').length > maxSpinners;
  return (
    <Panel id="under-way" title="Under way" aside={known && <Count>{countText(jobs.length)}</Count>}>
      <MoreThanHeld total={statistics === undefined ? 0 : statistics.waiting + statistics.building} />
      {jobs.length > 0 ? (
        <ul ref={list} className={`divide-y divide-line ${isBusy ? '[&_svg]:animate-none!' : ''}`}>
          {onPage.map((job) => (
            <JobCard key={job.id} job={job} />
          ))}
        </ul>
      ) : known ? (
        <NothingUnderWay search={search} />
      ) : (
        <Loading />
      )}
      {pages > 1 && (
        <Pager label="Builds under way" page={page} pageSize={cardsPerPage} total={jobs.length} onPage={setPage} />
      )}
    </Panel>
  );
}

/** The list outside of React: it draws when something changed, and moves when it may. */
function useUnderWay(element: RefObject<HTMLElement | null>, search: QueueSearch) {
  const store = useJobsStore();
  const [list] = useState(() =>
    createUnderWayList({
      store,
      passes: jobFilter(search),
      isHeld: () => element.current !== null && isInHand(element.current),
      nowMs: () => performance.now(),
      setTimer: after,
    }),
  );
  const { status, website, q, from, to } = search;
  const statusText = status?.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the statuses are the same while their text is
  useEffect(() => list.filter(jobFilter({ status, website, q, from, to })), [list, statusText, website, q, from, to]);
  return useSyncExternalStore(list.subscribe, list.view);
}

/**
 * The pointer is over it, the keyboard is in it, or something that was opened from it is open. On a touch screen `:hover`
 * stays where the last touch was, so it counts only where there is a pointer.
 */
function isInHand(element: HTMLElement): boolean {
  const isPointedAt = matchMedia('(hover: hover)').matches && element.matches(':hover');
  return isPointedAt || element.querySelector(':focus-visible, [data-state="open"]') !== null;
}

/** Above a certain number the server sends the newest only. */
function MoreThanHeld({ total }: { readonly total: number }) {
  const held = useJobsValue(({ active }) => active.length);
  const isLive = useJobsValue(({ known }) => known);
  // A few more or less is the answer being a moment older than the live connection.
  if (!isLive || total <= held || held < snapshotLimit) return null;
  return (
    <p className="border-b border-line px-4 py-2 text-muted">
      {countText(held)} of {countText(total)} builds are shown; the others follow as these end.
    </p>
  );
}

/** Who has builds that ended has seen how one comes here. */
function NothingUnderWay({ search }: Pick<UnderWayProps, 'search'>) {
  const hasAny = useJobsValue(({ active }) => active.length > 0);
  const hasEnded = useJobsValue(({ ended }) => ended.length > 0);
  if (isFiltered(search) && hasAny) {
    return <p className="p-4 text-muted">None of the builds under way matches the filter.</p>;
  }
  if (hasEnded) return <p className="px-4 py-3.5 text-muted">Nothing is being built.</p>;
  return (
    <EmptyState icon={Hourglass} title="Nothing is being built.">
      <p>Drop a project above, and it shows here at once: its place in the queue, then every step.</p>
    </EmptyState>
  );
}

function Loading() {
  return (
    <div className="flex flex-col gap-3 p-4">
      <Skeleton className="h-4 w-1/3" />
      <Skeleton className="h-4 w-1/2" />
      <StillWaiting />
    </div>
  );
}
