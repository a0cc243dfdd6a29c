import {
  ArrowDownToLine,
  ArrowUpToLine,
  ChevronDown,
  ChevronUp,
  Download,
  Link2,
  Maximize2,
  Minimize2,
  Search,
} from 'lucide-react';
import { rawLogPath } from '../../shared/api/api.ts';
import { buttonClass, IconButton } from '../../shared/ui/button.tsx';
import { CopyButton } from '../../shared/ui/copy-button.tsx';
import { Tooltip } from '../../shared/ui/tooltip.tsx';

export interface LogToolbarProps {
  readonly jobId: string;
  readonly headingId: string;
  /** "20,000 lines" */
  readonly countText: string;
  readonly query: string;
  readonly onQuery: (query: string) => void;
  /** "3 of 120"; null while nothing is searched for. */
  readonly matchText: string | null;
  readonly hasMatches: boolean;
  readonly onStep: (by: 1 | -1) => void;
  readonly isUnderWay: boolean;
  readonly isFollowing: boolean;
  readonly onFollow: (isFollowing: boolean) => void;
  readonly onStart: () => void;
  /** A link to the line that is pointed at, or else to the first in sight. */
  readonly linkHere: () => string;
  readonly isMaximised: boolean;
  readonly onMaximise: (isMaximised: boolean) => void;
}

/** The title of a log, and what can be done with it. */
export function LogToolbar(props: LogToolbarProps) {
  const { jobId, headingId, countText, isUnderWay, isFollowing, onFollow, onStart, linkHere, isMaximised, onMaximise } =
    props;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b border-line px-4 py-2">
      <h2 id={headingId} className="text-sm font-semibold">
        Log
      </h2>
      <LogSearchField {...props} />
      <span className="ml-auto text-xs text-muted tabular-nums">{countText}</span>
      <div className="flex items-center gap-1.5">
        <IconButton label="To the start" kind="quiet" onClick={onStart}>
          <ArrowUpToLine aria-hidden="true" />
        </IconButton>
        <button
          type="button"
          data-shortcut="f"
          aria-pressed={isUnderWay ? isFollowing : undefined}
          title={isUnderWay ? 'Keep the newest line in sight (f)' : 'To the end (f)'}
          onClick={() => onFollow(!(isUnderWay && isFollowing))}
          className={`${buttonClass({ kind: 'quiet', size: isUnderWay ? 'normal' : 'square' })} ${isUnderWay && isFollowing ? 'bg-accent-soft text-accent!' : ''}`}
        >
          <ArrowDownToLine aria-hidden="true" />
          <span className={isUnderWay ? 'max-sm:sr-only' : 'sr-only'}>{isUnderWay ? 'Follow' : 'To the end'}</span>
        </button>
        <CopyButton label="Copy a link to this line" kind="quiet" icon={Link2} text={linkHere} />
        <Tooltip content="Download the log">
          <a
            href={rawLogPath(jobId)}
            download=""
            aria-label="Download the log"
            className={buttonClass({ kind: 'quiet', size: 'square' })}
          >
            <Download aria-hidden="true" />
          </a>
        </Tooltip>
        <IconButton
          label={isMaximised ? 'Back to the page' : 'Fill the window'}
          kind="quiet"
          onClick={() => onMaximise(!isMaximised)}
        >
          {isMaximised ? <Minimize2 aria-hidden="true" /> : <Maximize2 aria-hidden="true" />}
        </IconButton>
      </div>
    </div>
  );
}

function LogSearchField({ query, onQuery, matchText, hasMatches, onStep, isUnderWay }: LogToolbarProps) {
  const keyPressed = (key: React.KeyboardEvent<HTMLInputElement>) => {
    if (key.key === 'Enter') onStep(key.shiftKey ? -1 : 1);
    else if (key.key === 'Escape' && query !== '') {
      // Escape closes one thing at a time.
      key.stopPropagation();
      onQuery('');
    } else return;
    key.preventDefault();
  };
  return (
    <search className="order-last flex w-full min-w-0 items-center gap-1.5 md:order-none md:w-auto md:flex-1">
      <div className="relative min-w-0 flex-1 md:max-w-96">
        <Search className="absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted" aria-hidden="true" />
        <input
          type="search"
          data-shortcut="s"
          aria-label="Search the log"
          placeholder="Search"
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={({ target }) => onQuery(target.value)}
          onKeyDown={keyPressed}
          className="h-9 w-full rounded-lg border border-line bg-bg pr-28 pl-9 placeholder:text-muted [&::-webkit-search-cancel-button]:hidden"
        />
        <span
          // While lines come the number changes all the time.
          aria-live={isUnderWay ? 'off' : 'polite'}
          className="pointer-events-none absolute top-1/2 right-3 -translate-y-1/2 text-xs text-muted tabular-nums"
        >
          {matchText}
        </span>
      </div>
      <IconButton label="Previous match" disabled={!hasMatches} onClick={() => onStep(-1)}>
        <ChevronUp aria-hidden="true" />
      </IconButton>
      <IconButton label="Next match" disabled={!hasMatches} onClick={() => onStep(1)}>
        <ChevronDown aria-hidden="true" />
      </IconButton>
    </search>
  );
}
