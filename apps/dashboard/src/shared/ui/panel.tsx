import type { ReactNode } from 'react';

interface PanelProps {
  /** Of the heading, unique on the page. */
  readonly id: string;
  readonly title: string;
  /** Beside the title: a count, a state. */
  readonly aside?: ReactNode;
  /** At the end of the title's line. */
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

/** A titled part of a page. */
export function Panel({ id, title, aside, actions, children, className = '' }: PanelProps) {
  return (
    <section
      aria-labelledby={id}
      className={`min-w-0 overflow-hidden rounded-panel border border-line bg-panel shadow-panel ${className}`}
    >
      <div className="flex min-h-13 flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-2">
        <h2 id={id} className="text-sm font-semibold">
          {title}
        </h2>
        {aside}
        {actions !== undefined && <div className="ml-auto flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {children}
    </section>
  );
}

/** A small number beside a title. */
export function Count({ children }: { readonly children: ReactNode }) {
  return (
    <span className="rounded-full bg-panel-2 px-2 py-0.5 text-xs font-medium tabular-nums text-muted">{children}</span>
  );
}
