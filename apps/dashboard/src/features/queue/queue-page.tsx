import { useJobs } from '../../shared/jobs/jobs-context.ts';
import { ActiveBuilds, EndedBuilds } from './build-lists.tsx';
import type { QueueSearch } from './queue-search.ts';

interface QueuePageProps {
  readonly search: QueueSearch;
  readonly onSearch: (search: QueueSearch) => void;
}

export function QueuePage(_props: QueuePageProps) {
  const view = useJobs();
  return (
    <>
      <ActiveBuilds view={view} onChanged={() => {}} />
      <EndedBuilds view={view} onChanged={() => {}} />
    </>
  );
}
