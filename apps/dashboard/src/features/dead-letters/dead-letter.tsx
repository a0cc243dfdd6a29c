import { Link } from '@tanstack/react-router';
import type { DeadLetterView } from '@yardmaster/protocol';
import { LossList } from '../../shared/dead-letters/loss-list.tsx';
import { whySetAside } from '../../shared/dead-letters/loss-words.ts';
import { ReleaseButton } from '../../shared/dead-letters/release-button.tsx';
import { BuildLink } from '../../shared/jobs/build-link.tsx';
import { useSession } from '../../shared/session/session-context.ts';
import { Ago } from '../../shared/ui/ago.tsx';
import { handFocusOn } from '../../shared/ui/focus-page.ts';

/** One build that was set aside: which, why, on what evidence, and what became of it. */
export function DeadLetter({ letter }: { readonly letter: DeadLetterView }) {
  const { jobId, websiteName, buildNumber, ownerId, failedAt, error, losses, releasedAs } = letter;
  const { viewer } = useSession();
  return (
    <li ref={handFocusOn} className="flex flex-col gap-3 p-4">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <h3 className="min-w-0">
            <Link
              to="/jobs/$jobId"
              params={{ jobId }}
              className="inline-flex max-w-full items-baseline gap-1.5 rounded-sm text-base text-fg no-underline hover:[&>:first-child]:underline"
            >
              <span className="min-w-0 truncate font-semibold underline-offset-2" title={websiteName}>
                {websiteName}
              </span>
              <span className="shrink-0 text-muted tabular-nums">#{buildNumber}</span>
            </Link>
          </h3>
          <p className="flex flex-wrap gap-x-3 text-[13px] text-muted">
            <span>
              Set aside <Ago at={failedAt} />
            </span>
            <span className="min-w-0 wrap-anywhere">Requested by {ownerId === viewer.id ? 'you' : ownerId}</span>
            <span className="font-mono text-xs leading-5">{error.code}</span>
          </p>
        </div>
        {releasedAs === null ? (
          <ReleaseButton build={letter} />
        ) : (
          <p className="text-muted">
            Released as <BuildLink jobId={releasedAs} otherwise="a new build" />
          </p>
        )}
      </div>
      <p className="text-pretty">{whySetAside(losses)}</p>
      {losses.length > 0 && <LossList losses={losses} />}
    </li>
  );
}
