import { TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Trouble } from '../api/api.ts';

interface TroubleNoteProps {
  readonly trouble: Pick<Trouble, 'message' | 'hint'>;
  /** What can be done about it, as buttons. */
  readonly children?: ReactNode;
}

/** Says what did not work and what to do about it, also to a screen reader. */
export function TroubleNote({ trouble, children }: TroubleNoteProps) {
  return (
    <div role="alert" className="flex gap-3 rounded-lg border border-bad-line bg-bad-soft p-3">
      <TriangleAlert className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="font-medium wrap-anywhere">{trouble.message}</p>
        {trouble.hint !== null && <p className="mt-0.5 text-muted wrap-anywhere">{trouble.hint}</p>}
        {children !== undefined && <div className="mt-2 flex flex-wrap gap-2">{children}</div>}
      </div>
    </div>
  );
}
