import type { Trouble } from '../../shared/api/api.ts';
import { Brand } from '../../shared/ui/brand.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';

/** Until it is known who is signed in. */
export function WaitingPage({ trouble, onRetry }: { readonly trouble: Trouble | null; readonly onRetry: () => void }) {
  return (
    <main className="gate">
      <Brand />
      {trouble === null ? (
        <p className="muted" role="status">
          One moment…
        </p>
      ) : (
        <div className="panel gate-panel">
          <TroubleNote trouble={trouble} />
          <button type="button" className="button" onClick={onRetry}>
            Try again
          </button>
        </div>
      )}
    </main>
  );
}
