import type { JobDetail, JobSummary } from '@yardmaster/protocol';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { api, RequestFailed, type Trouble, troubleOf } from '../../shared/api/api.ts';
import { plainText } from '../../shared/format/plain-text.ts';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';

const refreshIntervalMs = 2_000;
/** A reader this near to the end wants to see what comes. */
const followWithinPx = 24;

type Loaded =
  | { readonly status: 'loading' }
  | { readonly status: 'loaded'; readonly detail: JobDetail }
  | { readonly status: 'failed'; readonly trouble: Trouble };

interface BuildDetailsProps {
  readonly id: string;
  readonly job: JobSummary;
  readonly isUnderWay: boolean;
}

/** The last lines of a build's log, asked for anew every two seconds while it is under way. */
export function BuildDetails({ id, job, isUnderWay }: BuildDetailsProps) {
  const loaded = useJobDetail(job.id, isUnderWay);
  return (
    <section className="build-details" id={id} aria-label={`Log of ${job.websiteName}, build ${job.buildNumber}`}>
      <Log loaded={loaded} />
    </section>
  );
}

function Log({ loaded }: { readonly loaded: Loaded }) {
  switch (loaded.status) {
    case 'loading':
      return <p className="muted">Reading the log…</p>;
    case 'failed':
      return <TroubleNote trouble={loaded.trouble} />;
    case 'loaded':
      if (loaded.detail.logs.length === 0) return <p className="muted">It has not said anything yet.</p>;
      return <LogLines lines={loaded.detail.logs} />;
    default:
      return loaded satisfies never;
  }
}

/** Shows the end, and stays there until the reader scrolls up. */
function LogLines({ lines }: { readonly lines: readonly string[] }) {
  const area = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  const text = lines.map(plainText).join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text decides how far down the end is
  useLayoutEffect(() => {
    if (follows.current) area.current?.scrollTo({ top: area.current.scrollHeight });
  }, [text]);
  return (
    <pre
      ref={area}
      className="log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area has to be reachable by keyboard
      tabIndex={0}
      onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
        follows.current = scrollHeight - scrollTop - clientHeight < followWithinPx;
      }}
    >
      {text}
    </pre>
  );
}

function useJobDetail(jobId: string, isUnderWay: boolean): Loaded {
  const [loaded, setLoaded] = useState<Loaded>({ status: 'loading' });
  useEffect(() => {
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (): Promise<void> => {
      try {
        const detail = await api.job(jobId, gone.signal);
        if (!gone.signal.aborted) setLoaded({ status: 'loaded', detail });
      } catch (error) {
        if (!gone.signal.aborted) setLoaded((before) => afterFailure(before, error));
      }
      if (isUnderWay && !gone.signal.aborted) timer = setTimeout(() => void load(), refreshIntervalMs);
    };
    void load();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [jobId, isUnderWay]);
  return loaded;
}

/** Lines that are there stay while the server is away for a moment. */
function afterFailure(before: Loaded, error: unknown): Loaded {
  if (before.status === 'loaded' && error instanceof RequestFailed) return before;
  return { status: 'failed', trouble: troubleOf(error) };
}
