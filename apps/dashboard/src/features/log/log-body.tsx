import { ArrowDown, ScrollText } from 'lucide-react';
import { countText } from '../../shared/format/quantities.ts';
import { Button } from '../../shared/ui/button.tsx';
import { EmptyState } from '../../shared/ui/empty-state.tsx';
import { Skeleton } from '../../shared/ui/skeleton.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';
import { LogLines, type LogLinesProps } from './log-lines.tsx';
import { type LogView, maxLines } from './log-store.ts';

interface LogBodyProps extends Omit<LogLinesProps, 'className'> {
  readonly isPast: boolean;
  /** Lines that came since the reader left the end. */
  readonly newLines: number;
  readonly onRetry: () => void;
  readonly isMaximised: boolean;
}

/** The lines, or what there is to say instead of them. */
export function LogBody({ isPast, newLines, onRetry, isMaximised, ...lines }: LogBodyProps) {
  const { view, shown, isUnderWay, onFollow } = lines;
  const trouble = view.trouble !== null && (
    <TroubleNote trouble={view.trouble}>
      <Button size="small" onClick={onRetry}>
        Try again
      </Button>
    </TroubleNote>
  );
  if (!view.isKnown) return trouble === false ? <LoadingLines /> : <div className="p-4">{trouble}</div>;
  const note = noteOn(view);
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {trouble !== false && <div className="border-b border-line p-3">{trouble}</div>}
      {note !== null && <p className="border-b border-line bg-warn-soft px-4 py-2 text-warn">{note}</p>}
      {shown === 0 ? (
        <EmptyState icon={ScrollText} title={emptyText({ isPast, isUnderWay, isEmpty: view.last === 0 })} />
      ) : (
        <LogLines {...lines} className={isMaximised ? 'min-h-0 flex-1' : 'max-h-[min(70dvh,44rem)] min-h-48'} />
      )}
      {newLines > 0 && (
        <Button
          kind="primary"
          size="small"
          onClick={() => onFollow(true)}
          className="absolute bottom-4 left-1/2 -translate-x-1/2 rounded-full! shadow-float"
        >
          <ArrowDown aria-hidden="true" />
          {`${countText(newLines)} new ${newLines === 1 ? 'line' : 'lines'}`}
        </Button>
      )}
    </div>
  );
}

function emptyText({
  isPast,
  isUnderWay,
  isEmpty,
}: {
  readonly isPast: boolean;
  readonly isUnderWay: boolean;
  readonly isEmpty: boolean;
}): string {
  if (isPast && !isEmpty) return 'At this moment it had not said anything yet.';
  return isUnderWay ? 'It has not said anything yet.' : 'This build wrote no log.';
}

function noteOn({ lost, beyond }: LogView): string | null {
  if (beyond > 0) return `Only the first ${countText(maxLines)} lines are shown. The download has all of them.`;
  if (lost === 0) return null;
  return lost === 1 ? 'One line was lost.' : `${countText(lost)} lines were lost.`;
}

const skeletonWidths = ['w-2/5', 'w-3/5', 'w-1/2', 'w-1/3', 'w-2/3', 'w-2/5', 'w-1/2', 'w-1/4'] as const;

function LoadingLines() {
  return (
    <div className="flex min-h-48 flex-col gap-3 p-4" role="status" aria-label="The log is being loaded.">
      {skeletonWidths.map((width, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <Skeleton key={index} className={`h-3 ${width}`} />
      ))}
    </div>
  );
}
