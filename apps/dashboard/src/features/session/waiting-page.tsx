import { LoaderCircle } from 'lucide-react';
import type { Trouble } from '../../shared/api/api.ts';
import { Button } from '../../shared/ui/button.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';
import { Gate, gateCardClass } from './gate.tsx';

/** Until it is known who is signed in. */
export function WaitingPage({ trouble, onRetry }: { readonly trouble: Trouble | null; readonly onRetry: () => void }) {
  return (
    <Gate>
      {trouble === null ? (
        // An answer usually comes at once: nothing flashes up before it.
        <p
          role="status"
          className="flex items-center gap-2 text-muted motion-safe:animate-[fade-in_300ms_400ms_ease-out_backwards]"
        >
          <LoaderCircle className="size-4 motion-safe:animate-spin" aria-hidden="true" />
          One moment…
        </p>
      ) : (
        <div className={gateCardClass}>
          <h1 className="text-lg font-semibold tracking-tight">No answer yet</h1>
          <TroubleNote trouble={trouble} />
          <p className="text-muted text-pretty">It is asked again every few seconds; this page goes on by itself.</p>
          <Button onClick={onRetry}>Try again now</Button>
        </div>
      )}
    </Gate>
  );
}
