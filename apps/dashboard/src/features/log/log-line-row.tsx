import { Check, Link2 } from 'lucide-react';
import { memo, useState } from 'react';
import { AsWritten } from '../../shared/ui/as-written.tsx';
import { copyText } from '../../shared/ui/copy-button.tsx';
import { segmentsOf, styleClasses } from './ansi.ts';
import { linkTo } from './link-to.ts';
import type { LogLine } from './log-index.ts';
import type { LogStore } from './log-store.ts';
import { type MarkedSegment, markedSegments } from './marked-segments.ts';

export interface LogLineRowProps {
  readonly store: LogStore;
  readonly n: number;
  /** When it changes the line may have come, or begin in another colour. */
  readonly epoch: number;
  readonly topPx: number;
  readonly heightPx: number;
  readonly pattern: RegExp | null;
  /** Where in this line the match is that is looked at. */
  readonly currentColumn: number | null;
  readonly isLinked: boolean;
  readonly onLine: (n: number) => void;
}

/**
 * One line. Drawn anew only when something about it changes, however fast lines come. Its links are for the pointer: as
 * stops of the Tab key they would be far too many, so the toolbar has a button that does the same.
 */
export const LogLineRow = memo(function LogLineRow(props: LogLineRowProps) {
  const { store, n, topPx, heightPx, isLinked, onLine } = props;
  const line = store.lineAt(n);
  const [isPointedAt, setPointedAt] = useState(false);
  const ground = isLinked ? 'bg-accent-soft' : line?.stream === 'stderr' ? 'bg-panel log-stderr' : 'bg-panel';
  return (
    <div
      data-line={n}
      aria-current={isLinked ? 'true' : undefined}
      onPointerEnter={() => setPointedAt(true)}
      onPointerLeave={() => setPointedAt(false)}
      className={`group/line absolute top-0 left-0 flex w-full hover:bg-panel-2 ${ground}`}
      style={{ blockSize: heightPx, lineHeight: `${heightPx}px`, transform: `translateY(${topPx}px)` }}
    >
      <div
        className={`log-gutter sticky left-0 z-1 flex shrink-0 select-none group-hover/line:bg-panel-2 ${ground} ${isLinked ? 'shadow-[inset_2px_0_0_var(--accent)]' : ''}`}
      >
        <span className="w-6 shrink-0">{isPointedAt && <CopyLink n={n} onLine={onLine} />}</span>
        <a
          href={linkTo(n)}
          tabIndex={-1}
          aria-label={`Link to line ${n}`}
          onClick={(click) => {
            if (click.metaKey || click.ctrlKey || click.shiftKey || click.button !== 0) return;
            click.preventDefault();
            onLine(n);
          }}
          className={`min-w-6 flex-1 pr-4 text-right no-underline tabular-nums hover:text-fg ${isLinked ? 'text-accent' : 'text-muted'}`}
        >
          {n}
        </a>
      </div>
      {line === null ? (
        <span className="my-auto h-2 w-64 rounded bg-panel-2" title="This line has not been loaded yet." />
      ) : (
        <LineText line={line} {...props} />
      )}
    </div>
  );
});

function LineText({ line, store, n, pattern, currentColumn }: LogLineRowProps & { readonly line: LogLine }) {
  const pieces = markedSegments(segmentsOf(line.text, store.styleAt(n)), pattern, currentColumn);
  return (
    <span className={`pr-6 whitespace-pre ${line.stream === 'system' ? 'log-system' : ''}`}>
      {line.stream === 'stderr' && <span className="sr-only select-none">Error output: </span>}
      {pieces.map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a line have no other name than their place
        <Piece key={index} {...piece} />
      ))}
    </span>
  );
}

function Piece({ text, style, mark }: MarkedSegment) {
  const classes = styleClasses(style);
  const written = <AsWritten text={text} />;
  if (mark === 'current') return <mark className="rounded-xs bg-accent text-accent-fg">{written}</mark>;
  if (mark === 'match') return <mark className={`rounded-xs bg-warn-soft text-fg ${classes}`}>{written}</mark>;
  return classes === '' ? written : <span className={classes}>{written}</span>;
}

const copiedForMs = 1_500;

function CopyLink({ n, onLine }: Pick<LogLineRowProps, 'n' | 'onLine'>) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    // Where copying is not allowed the address is at least put where it can be copied from.
    if (!(await copyText(linkTo(n)))) return onLine(n);
    setCopied(true);
    setTimeout(() => setCopied(false), copiedForMs);
  };
  const Icon = isCopied ? Check : Link2;
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={isCopied ? `Copied the link to line ${n}` : `Copy the link to line ${n}`}
      title="Copy the link to this line"
      onClick={() => void copy()}
      className="grid size-full place-items-center text-muted hover:text-fg pointer-coarse:hidden"
    >
      <Icon className={`size-3.5 ${isCopied ? 'text-ok' : ''}`} aria-hidden="true" />
    </button>
  );
}
