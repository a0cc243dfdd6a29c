import { ChevronLeft, ChevronRight } from 'lucide-react';
import { countText } from '../../shared/format/quantities.ts';
import { Button } from '../../shared/ui/button.tsx';
import { pagesShown } from './pages-shown.ts';

interface PagerProps {
  /** What is paged, for a screen reader. */
  readonly label: string;
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
  readonly total: number;
  readonly onPage: (page: number) => void;
}

/** Which part of a list is shown, and the way to the others. */
export function Pager({ label, page, pageSize, total, onPage }: PagerProps) {
  const pages = Math.ceil(total / pageSize);
  const first = (page - 1) * pageSize + 1;
  return (
    <nav
      aria-label={`Pages: ${label}`}
      className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-t border-line px-4 py-2.5"
    >
      <p className="text-muted tabular-nums">
        {countText(first)}–{countText(Math.min(page * pageSize, total))} of {countText(total)}
      </p>
      <div className="flex items-center gap-1">
        <Button size="small" disabled={page <= 1} onClick={() => onPage(page - 1)} aria-label="Previous page">
          <ChevronLeft aria-hidden="true" />
        </Button>
        {pagesShown(page, pages).map((shown, index) =>
          shown === null ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: a gap is told apart by its place only
            <span key={`gap-${index}`} aria-hidden="true" className="px-0.5 text-muted">
              …
            </span>
          ) : (
            <Button
              key={shown}
              size="small"
              kind={shown === page ? 'plain' : 'quiet'}
              className="min-w-8 px-1.5 tabular-nums"
              aria-label={`Page ${shown}`}
              aria-current={shown === page ? 'page' : undefined}
              onClick={() => onPage(shown)}
            >
              {shown}
            </Button>
          ),
        )}
        <Button size="small" disabled={page >= pages} onClick={() => onPage(page + 1)} aria-label="Next page">
          <ChevronRight aria-hidden="true" />
        </Button>
      </div>
    </nav>
  );
}
