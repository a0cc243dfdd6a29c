import type { ErrorComponentProps } from '@tanstack/react-router';
import { Button } from '../../shared/ui/button.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';

/** In place of a page that broke; the rest of the dashboard goes on. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const trouble = {
    message: 'This page has a fault and cannot be shown.',
    hint: error instanceof Error ? error.message : null,
  };
  return (
    <main id="main" tabIndex={-1} className="mx-auto max-w-xl p-6 outline-none">
      <h1 className="sr-only">Something went wrong</h1>
      <TroubleNote trouble={trouble}>
        <Button onClick={reset}>Try again</Button>
        <Button onClick={() => location.reload()}>Reload the page</Button>
      </TroubleNote>
    </main>
  );
}
