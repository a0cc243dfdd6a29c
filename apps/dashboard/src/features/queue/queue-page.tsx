import { useJobsValue } from '../../shared/jobs/jobs-context.ts';
import { CancelledAnnouncer } from './cancelled-announcer.tsx';
import { Completed } from './completed.tsx';
import { FilterBar } from './filter-bar.tsx';
import { FirstBuild } from './first-build.tsx';
import { isFiltered, type QueueSearch } from './queue-search.ts';
import { Statistics } from './statistics.tsx';
import { UnderWay } from './under-way.tsx';
import { useQueue, useQueueRefresh } from './use-queue.ts';

interface QueuePageProps {
  /** What of the queue is shown, as it stands in the address. */
  readonly search: QueueSearch;
  readonly onSearch: (search: QueueSearch) => void;
}

/** The person's builds: how busy it is, what is under way, and what has ended. */
export function QueuePage({ search, onSearch }: QueuePageProps) {
  useQueueRefresh();
  const answer = useQueue(search);
  const isKnown = useJobsValue(({ known }) => known);
  const hasAny = useJobsValue(({ active, ended }) => active.length + ended.length > 0);
  const isEmpty = isKnown && !hasAny && answer.data?.totalCompleted === 0 && !isFiltered(search);
  if (isEmpty) return <FirstBuild />;
  return (
    <>
      <Statistics answer={answer} />
      <FilterBar search={search} onSearch={onSearch} />
      <UnderWay search={search} statistics={answer.data?.statistics} />
      <Completed search={search} onSearch={onSearch} answer={answer} />
      <CancelledAnnouncer />
    </>
  );
}
