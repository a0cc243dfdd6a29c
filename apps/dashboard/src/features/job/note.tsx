import type { ReactNode } from 'react';

interface NoteProps {
  readonly icon: ReactNode;
  readonly title: string;
  /** Beside the title. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

/** What came of a build, where it is neither a preview nor a failure. */
export function Note({ icon, title, aside, children }: NoteProps) {
  return (
    <section
      aria-labelledby="outcome"
      className="flex items-start gap-3 rounded-panel border border-line bg-panel p-4 shadow-panel"
    >
      <span className="mt-0.5 shrink-0">{icon}</span>
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h2 id="outcome" className="text-sm font-semibold">
            {title}
          </h2>
          {aside}
        </div>
        <div className="text-muted">{children}</div>
      </div>
    </section>
  );
}
