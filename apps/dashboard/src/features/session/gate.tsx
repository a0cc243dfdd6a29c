import type { ReactNode } from 'react';
import { Brand } from '../../shared/ui/brand.tsx';

/** What stands before the dashboard: the brand and, in the middle of the page, one card. */
export function Gate({ children }: { readonly children: ReactNode }) {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 px-4 py-10">
      <Brand />
      {children}
    </main>
  );
}

/** The card of a gate. */
export const gateCardClass =
  'w-full max-w-md rounded-panel border border-line bg-panel p-5 shadow-panel sm:p-7 flex flex-col gap-4';
