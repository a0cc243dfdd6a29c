import type { JobSummary } from '@yardmaster/protocol';
import { PackageCheck, SearchX } from 'lucide-react';
import type { ReactNode } from 'react';
import { troubleOf } from '../../shared/api/api.ts';
import { countText } from '../../shared/format/quantities.ts';
import { useJobsValue } from '../../shared/jobs/jobs-context.ts';
import { Button } from '../../shared/ui/button.tsx';
import { EmptyState } from '../../shared/ui/empty-state.tsx';
import { Count, Panel } from '../../shared/ui/panel.tsx';
import { Select } from '../../shared/ui/select.tsx';
import { Skeleton } from '../../shared/ui/skeleton.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';
import { useIsWide } from '../../shared/ui/use-is-wide.ts';
import { CompletedCards } from './completed-cards.tsx';
import { CompletedTable } from './completed-table.tsx';
import { Pager } from './pager.tsx';
import {
  changedSearch,
  clearedSearch,
  endedStatuses,
  isFiltered,
  pageSize,
  type QueueSearch,
  type Sort,
} from './queue-search.ts';

import type { QueueAnswer } from './use-queue.ts';

interface CompletedProps {
  readonly search: QueueSearch;
  readonly onSearch: (search: QueueSearch) => void;
  readonly answer: QueueAnswer;
}

const sortOptions: readonly { readonly value: Sort; readonly label: string }[] = [
  { value: 'newest', label: 'Newest first' },
  { value: 'oldest', label: 'Oldest first' },
  { value: 'name', label: 'By name' },
  { value: 'priority', label: 'Highest priority' },
  { value: 'duration', label: 'Longest first' },
];

/** Builds that have ended, a page at a time. */
export function Completed({ search, onSearch, answer }: CompletedProps) {
  const sort = search.sort ?? 'newest';
  const onSort = (next: Sort) => onSearch(changedSearch(search, { sort: next === 'newest' ? undefined : next }));
  const { data } = answer;
  const total = data?.totalCompleted ?? 0;
  return (
    <Panel
      id="completed"
      title="Completed"
      aside={data !== undefined && <Count>{countText(total)}</Count>}
      actions={
        total > 1 && <Select label="Order of completed builds" value={sort} options={sortOptions} onChange={onSort} />
      }
    >
      <Content search={search} onSearch={onSearch} answer={answer} sort={sort} onSort={onSort} />
    </Panel>
  );
}

interface ContentProps extends CompletedProps {
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}

function Content({ search, onSearch, answer, sort, onSort }: ContentProps): ReactNode {
  const { data, error, isPlaceholderData, refetch } = answer;
  const isWide = useIsWide();
  const isLive = useJobsValue(({ known }) => known);
  const jobs = useNewest(data?.completedJobs ?? noJobs);
  if (data === undefined) {
    if (error === null) return <Loading />;
    return (
      <div className="p-4">
        <TroubleNote trouble={troubleOf(error)}>
          <Button size="small" onClick={() => void refetch()}>
            Try again
          </Button>
        </TroubleNote>
      </div>
    );
  }
  const total = data.totalCompleted;
  const onPage = (page: number) => onSearch({ ...search, page: page === 1 ? undefined : page });
  // An answer that has nothing may be from before the connection was lost: with no word of the live one it is not known.
  if (total === 0 && !isLive) return <Loading />;
  if (total === 0) return <NothingCompleted search={search} onSearch={onSearch} />;
  if (jobs.length === 0) {
    return (
      <EmptyState icon={SearchX} title={`There is no page ${countText(data.page)}.`}>
        <Button size="small" onClick={() => onPage(Math.ceil(total / pageSize))}>
          Go to the last page
        </Button>
      </EmptyState>
    );
  }
  return (
    <>
      <div aria-busy={isPlaceholderData} className={`transition-opacity ${isPlaceholderData ? 'opacity-60' : ''}`}>
        {isWide ? <CompletedTable jobs={jobs} sort={sort} onSort={onSort} /> : <CompletedCards jobs={jobs} />}
      </div>
      {total > pageSize && (
        <Pager label="Completed builds" page={data.page} pageSize={pageSize} total={total} onPage={onPage} />
      )}
    </>
  );
}

const noJobs: readonly JobSummary[] = [];

/** The live connection may know more of a build than the answer: that its preview has gone, for example. */
function useNewest(jobs: readonly JobSummary[]): readonly JobSummary[] {
  const ended = useJobsValue((view) => view.ended);
  return jobs.map((job) => {
    const live = ended.find(({ id }) => id === job.id);
    return live !== undefined && live.revision >= job.revision ? live : job;
  });
}

function NothingCompleted({ search, onSearch }: Pick<CompletedProps, 'search' | 'onSearch'>) {
  if (!isFiltered(search)) {
    return (
      <EmptyState icon={PackageCheck} title="No build has ended yet.">
        <p>A finished one links to its preview here. A failed one says why, and can be tried again.</p>
      </EmptyState>
    );
  }
  const title =
    endedStatuses(search).length === 0
      ? 'The filter shows builds under way only.'
      : 'Nothing completed matches the filter.';
  return (
    <EmptyState icon={SearchX} title={title}>
      <Button size="small" onClick={() => onSearch(clearedSearch(search))}>
        Clear filters
      </Button>
    </EmptyState>
  );
}

function Loading() {
  return (
    <div className="divide-y divide-line">
      {[1, 2, 3].map((row) => (
        <div key={row} className="flex h-14 items-center gap-6 px-4">
          <Skeleton className="h-4 w-1/3" />
          <Skeleton className="h-5 w-24 rounded-full" />
          <Skeleton className="ml-auto h-4 w-16" />
        </div>
      ))}
    </div>
  );
}
