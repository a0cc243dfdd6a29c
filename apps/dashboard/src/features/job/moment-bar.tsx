import { Link } from '@tanstack/react-router';
import { ChevronRight, History, Radio } from 'lucide-react';
import { Button } from '../../shared/ui/button.tsx';
import { eventsBackText } from './build-texts.ts';

/** What controls that act on the build of now are described by while the past is shown. */
export const pastNoteId = 'viewing-the-past';

interface MomentBarProps {
  readonly websiteName: string;
  /** How many events lie after the moment looked at; 0 is live. */
  readonly eventsBack: number;
  readonly isUnderWay: boolean;
  readonly onLive: () => void;
}

/**
 * Where this page is, in the dashboard and in time. In the past it stays in sight, and a frame around the page says the
 * same; its height never changes, so that nothing jumps under the pointer that scrubs.
 */
export function MomentBar({ websiteName, eventsBack, isUnderWay, onLive }: MomentBarProps) {
  const isPast = eventsBack > 0;
  return (
    <>
      {isPast && <div aria-hidden="true" className="pointer-events-none fixed inset-0 z-40 border-3 border-warn" />}
      <div
        className={`flex h-11 items-center gap-3 rounded-panel border ${
          isPast ? 'sticky top-16 z-20 border-warn bg-warn-soft px-3 shadow-float' : 'border-transparent'
        }`}
      >
        <nav aria-label="Breadcrumb" className={`min-w-0 ${isPast ? 'max-sm:hidden' : ''}`}>
          <ol className="flex min-w-0 items-center gap-1.5 text-muted [&>li]:shrink-0">
            <li>
              <Link to="/" className="rounded text-muted no-underline hover:text-fg hover:underline">
                Builds
              </Link>
            </li>
            <li aria-hidden="true">
              <ChevronRight className="size-3.5" />
            </li>
            <li className="min-w-0 shrink! truncate">{websiteName}</li>
          </ol>
        </nav>
        {isPast ? <PastBadge eventsBack={eventsBack} onLive={onLive} /> : isUnderWay && <LiveBadge />}
      </div>
    </>
  );
}

function LiveBadge() {
  return (
    <span className="ml-auto inline-flex items-center gap-1.5 rounded-full border border-line bg-panel px-2.5 py-1 text-xs font-medium">
      <Radio className="size-3.5 text-ok" aria-hidden="true" />
      Following live
    </span>
  );
}

function PastBadge({ eventsBack, onLive }: Pick<MomentBarProps, 'eventsBack' | 'onLive'>) {
  return (
    <div className="ml-auto flex min-w-0 shrink-0 items-center gap-3 max-sm:w-full max-sm:justify-between">
      <p id={pastNoteId} className="flex min-w-0 items-center gap-2 text-[13px] font-medium text-warn">
        <History className="size-4 shrink-0" aria-hidden="true" />
        <span className="truncate">
          <span className="max-[26rem]:sr-only">Viewing the past: </span>
          <span className="tabular-nums">{eventsBackText(eventsBack)}</span>
          <span className="sr-only">. Actions need the build as it is now.</span>
        </span>
      </p>
      <Button size="small" onClick={onLive}>
        Back to live
      </Button>
    </div>
  );
}
