import type { ReactNode } from 'react';

/** A key, as it is printed on the keyboard. */
export function Kbd({ children }: { readonly children: ReactNode }) {
  return (
    <kbd className="inline-grid h-5 min-w-5 place-items-center rounded border border-line bg-panel-2 px-1 font-sans text-[11px] leading-none font-medium text-muted">
      {children}
    </kbd>
  );
}
