import { useRouterState } from '@tanstack/react-router';

/** A line along the top while a page is being loaded; one that is there at once shows none. */
export function NavigationProgress() {
  const isLoading = useRouterState({ select: ({ isLoading }) => isLoading });
  if (!isLoading) return null;
  return (
    <div
      role="progressbar"
      aria-label="Loading the page"
      className="fixed inset-x-0 top-0 z-50 h-0.5 overflow-hidden motion-safe:animate-[fade-in_100ms_200ms_backwards]"
    >
      <div className="h-full w-1/3 bg-accent motion-safe:animate-[slide_1.2s_ease-in-out_infinite]" />
    </div>
  );
}
