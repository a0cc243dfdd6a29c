import { getRouteApi } from '@tanstack/react-router';
import { finalStatuses } from '@yardmaster/domain';
import type { JobSummary } from '@yardmaster/protocol';
import { memo, useCallback, useDeferredValue, useMemo, useState } from 'react';
import { ContextInspector } from '../../features/history/context-inspector.tsx';
import { EventHistory } from '../../features/history/event-history.tsx';
import { TimeTravelBar } from '../../features/history/time-travel-bar.tsx';
import { Announcer } from '../../features/job/announcer.tsx';
import { BuildActions } from '../../features/job/build-actions.tsx';
import { buildAt } from '../../features/job/build-at.ts';
import { BuildHeader } from '../../features/job/build-header.tsx';
import { BuildNotFound, BuildSkeleton, DriftNote } from '../../features/job/build-states.tsx';
import { KeepsHeight } from '../../features/job/keeps-height.tsx';
import { MomentBar } from '../../features/job/moment-bar.tsx';
import { Outcome } from '../../features/job/outcome.tsx';
import { useServerWord } from '../../features/job/server-word.ts';
import { StepStrip } from '../../features/job/step-strip.tsx';
import { useMoment } from '../../features/job/use-moment.ts';
import { LogViewer } from '../../features/log/log-viewer.tsx';
import { Statechart } from '../../features/statechart/statechart.tsx';
import type { Replay } from '../../shared/replay/replay-build.ts';
import { useReplay } from '../../shared/replay/use-replay.ts';
import { Panel } from '../../shared/ui/panel.tsx';

const route = getRouteApi('/jobs/$jobId');

// A slider goes through moments faster than all of the page can be drawn: these follow when there is time.
const Actions = memo(BuildActions);
const Log = memo(LogViewer);
const Events = memo(EventHistory);
const Context = memo(ContextInspector);

/** One build: how it goes, what it said, and every moment of it. */
export function BuildPage() {
  const { jobId } = route.useParams();
  return (
    <main id="main" tabIndex={-1} className="mx-auto w-full max-w-[1480px] px-4 pt-2 pb-8 outline-none md:px-6">
      <Build key={jobId} jobId={jobId} />
    </main>
  );
}

function Build({ jobId }: { readonly jobId: string }) {
  const followed = useReplay(jobId);
  switch (followed.status) {
    case 'loading':
      return <BuildSkeleton />;
    case 'refused':
      return <BuildNotFound />;
    case 'known':
      return <KnownBuild job={followed.job} replay={followed.replay} />;
    default:
      return followed satisfies never;
  }
}

function KnownBuild({ job, replay }: { readonly job: JobSummary; readonly replay: Replay }) {
  const { frames } = replay;
  const last = frames.length - 1;
  const { line } = route.useSearch();
  const navigate = route.useNavigate();
  const { moment, goTo } = useAddressedMoment(last);
  // A history that was replaced by another, of a restored store, may be shorter than the moment.
  const at = Math.min(moment ?? last, last);
  const then = useMemo(() => buildAt(frames, at, job), [frames, at, job]);
  const build = useServerWord(then, replay);
  const { isLive } = build;
  const later = useDeferredValue(useMemo(() => ({ replay, at, asOfMs: then.asOfMs }), [replay, at, then.asOfMs]));
  // As it is now, whichever moment is shown.
  const isSetAside = frames.at(-1)?.snapshot.context.deadLetter === true;
  const isUnderWay = !finalStatuses.has(job.status);
  // Decided once: panels that change places while somebody reads them would be worse than any order.
  const [isLogFirst] = useState(job.status === 'failed');
  const onLine = useCallback(
    (next: number | undefined) =>
      void navigate({ search: (before) => ({ ...before, line: next }), replace: true, resetScroll: false }),
    [navigate],
  );
  const onRetried = useCallback(
    (jobId: string) => void navigate({ to: '/jobs/$jobId', params: { jobId }, search: {} }),
    [navigate],
  );

  const chart = (
    <Panel key="chart" id="chart" title="State machine">
      <Statechart replay={replay} at={at} isLive={isLive} />
      <TimeTravelBar replay={replay} at={at} isLive={isLive} onMoment={goTo} />
    </Panel>
  );
  const records = (
    <div key="records" className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_25rem]">
      {/* Stays beside the events and the context, which are longer; filling the window it is above everything. */}
      <KeepsHeight
        isPast={!isLive}
        className="flex min-w-0 flex-col xl:sticky xl:top-30 xl:has-[>.fixed]:static [&>*]:flex-1"
      >
        <Log jobId={job.id} isUnderWay={isUnderWay} asOfMs={later.asOfMs} line={line} onLine={onLine} />
      </KeepsHeight>
      <div className="flex min-w-0 flex-col gap-4">
        <Events replay={later.replay} at={later.at} onMoment={goTo} />
        <Context replay={later.replay} at={later.at} />
      </div>
    </div>
  );
  return (
    <div className="flex flex-col gap-4">
      <MomentBar
        websiteName={job.websiteName}
        eventsBack={isLive ? 0 : last - at}
        isUnderWay={isUnderWay}
        onLive={() => goTo(null)}
      />
      <Announcer job={job} isPast={!isLive} />
      <KeepsHeight isPast={!isLive} className="flex flex-col gap-4">
        <BuildHeader
          build={build}
          actions={<Actions job={job} isPast={!isLive} isSetAside={isSetAside} onRetried={onRetried} />}
        />
        <DriftNote replay={replay} />
        <Outcome build={build} latest={job} />
        <StepStrip build={build} />
      </KeepsHeight>
      {isLogFirst ? [records, chart] : [chart, records]}
    </div>
  );
}

/** The moment looked at, kept in the address so that it can be sent to somebody. */
function useAddressedMoment(lastRevision: number) {
  const { at } = route.useSearch();
  const navigate = route.useNavigate();
  const writeToAddress = (moment: number | null) =>
    void navigate({
      search: (before) => ({ ...before, at: moment ?? undefined }),
      replace: true,
      resetScroll: false,
    });
  return useMoment({ inAddress: at ?? null, lastRevision, writeToAddress });
}
