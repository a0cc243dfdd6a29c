import { getRouteApi } from '@tanstack/react-router';
import { useReplay } from '../../shared/replay/use-replay.ts';

const route = getRouteApi('/jobs/$jobId');

/** One build: how it goes, what it said, and every moment of it. */
export function BuildPage() {
  const { jobId } = route.useParams();
  const followed = useReplay(jobId);
  return (
    <main id="main" tabIndex={-1} className="mx-auto w-full max-w-[1480px] p-4 outline-none md:p-6">
      <h1>{followed.status === 'known' ? followed.job.websiteName : '…'}</h1>
    </main>
  );
}
