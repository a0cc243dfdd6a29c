import { ChevronRight } from 'lucide-react';
import { countText, exactDurationText } from '../../shared/format/quantities.ts';
import { stepTitles } from '../../shared/jobs/job-display.ts';
import type { LogGroup } from './log-index.ts';

export interface LogGroupHeadingProps {
  readonly group: LogGroup;
  readonly isOpen: boolean;
  /** From its first line to its last; null while it goes on. */
  readonly durationMs: number | null;
  readonly lines: number;
  readonly showsAttempt: boolean;
  readonly onToggle: () => void;
}

/** The line above the lines of a step, which closes and opens them. */
export function LogGroupHeading({ group, isOpen, durationMs, lines, showsAttempt, onToggle }: LogGroupHeadingProps) {
  const { step, attempt } = group;
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      onClick={onToggle}
      className="flex h-full w-full items-center border-y border-line bg-panel-2 text-left font-sans text-[13px] focus-visible:-outline-offset-2"
    >
      <span className="sticky left-0 flex items-center gap-2 px-3">
        <ChevronRight className={`size-4 text-muted ${isOpen ? 'rotate-90' : ''}`} aria-hidden="true" />
        <span className="font-medium">{step === null ? 'Preparing' : stepTitles[step]}</span>
        <span className="text-muted tabular-nums">
          {showsAttempt && `attempt ${attempt} · `}
          {durationMs !== null && exactDurationText(durationMs)}
          {!isOpen && ` · ${countText(lines)} ${lines === 1 ? 'line' : 'lines'}`}
        </span>
      </span>
    </button>
  );
}
