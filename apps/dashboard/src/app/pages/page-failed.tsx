import type { ErrorComponentProps } from '@tanstack/react-router';
import { Button } from '../../shared/ui/button.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';
import { faultDisplay } from '../fault.ts';

/** In place of a page that broke; the rest of the dashboard goes on. */
export function PageFailed({ error, reset }: Pick<ErrorComponentProps, 'error' | 'reset'>) {
  const { canTryAgain, ...trouble } = faultDisplay(error);
  return (
    <main id="main" tabIndex={-1} className="mx-auto w-full max-w-xl p-6 outline-none">
      <title>Something went wrong · Yardmaster</title>
      <h1 className="sr-only">Something went wrong</h1>
      <TroubleNote trouble={trouble}>
        {canTryAgain && <Button onClick={reset}>Try again</Button>}
        <Button onClick={() => location.reload()}>Reload the page</Button>
      </TroubleNote>
    </main>
  );
}
