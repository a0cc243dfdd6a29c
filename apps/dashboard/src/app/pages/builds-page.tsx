import { getRouteApi } from '@tanstack/react-router';
import { QueuePage } from '../../features/queue/queue-page.tsx';
import type { QueueSearch } from '../../features/queue/queue-search.ts';
import { UploadPanel } from '../../features/upload/upload-panel.tsx';

const route = getRouteApi('/');

/** Uploads, builds under way and builds that ended. */
export function BuildsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  // Turning a page can be undone by going back; what is typed into a filter leaves no trail.
  const change = (next: QueueSearch) =>
    void navigate({ search: next, replace: next.page === search.page, resetScroll: false });
  return (
    <main id="main" tabIndex={-1} className="mx-auto flex w-full max-w-6xl flex-col gap-5 p-4 outline-none md:p-6">
      <title>Builds · Yardmaster</title>
      <h1 className="sr-only">Builds</h1>
      <UploadPanel />
      <QueuePage search={search} onSearch={change} />
    </main>
  );
}
