import { TriangleAlert } from 'lucide-react';
import type { Trouble } from '../api.ts';

/** Says what did not work and what to do about it, also to a screen reader. */
export function TroubleNote({ trouble }: { readonly trouble: Trouble }) {
  return (
    <div className="trouble" role="alert">
      <TriangleAlert className="icon" aria-hidden="true" />
      <div>
        <p className="trouble-message">{trouble.message}</p>
        {trouble.hint !== null && <p className="trouble-hint">{trouble.hint}</p>}
      </div>
    </div>
  );
}
