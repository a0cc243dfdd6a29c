import { countText, durationText } from '../../shared/format/quantities.ts';
import { useJobsValue } from '../../shared/jobs/jobs-context.ts';
import { type JobsView, snapshotLimit } from '../../shared/jobs/jobs-store.ts';
import { Skeleton } from '../../shared/ui/skeleton.tsx';
import type { QueueAnswer } from './use-queue.ts';

/** How busy it is, and how long things take lately. */
export function Statistics({ answer: { data, isPending } }: { readonly answer: QueueAnswer }) {
  const statistics = data?.statistics;
  const live = { waiting: useJobsValue(waitingIn), building: useJobsValue(buildingIn) };
  const counts = live.waiting === null ? statistics : live;
  const figures = [
    { name: 'Waiting', isPending: counts === undefined && isPending, text: figureText(counts?.waiting) },
    { name: 'Building', isPending: counts === undefined && isPending, text: figureText(counts?.building) },
    { name: 'Average wait', isPending, text: timeText(statistics?.averageWaitMs) },
    { name: 'Average build', isPending, text: timeText(statistics?.averageBuildMs) },
  ];
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-panel border border-line bg-line shadow-panel md:grid-cols-4">
      {figures.map((figure) => (
        <div
          key={figure.name}
          className="flex min-h-11 flex-wrap items-center gap-x-2.5 bg-panel px-4 py-2 max-md:justify-between"
        >
          <dt className="text-[13px] text-muted">{figure.name}</dt>
          <dd className="font-semibold whitespace-nowrap tabular-nums">
            {figure.isPending ? <Skeleton className="h-4 w-10" /> : figure.text}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const isWaiting = ({ status }: JobsView['active'][number]) => status === 'pending' || status === 'queued';

/** Null where the live connection does not bring all builds under way: then the server's count is the truer one. */
function waitingIn({ known, active }: JobsView): number | null {
  return known && active.length < snapshotLimit ? active.filter(isWaiting).length : null;
}

function buildingIn(view: JobsView): number | null {
  const waiting = waitingIn(view);
  return waiting === null ? null : view.active.length - waiting;
}

const unknown = '—';
const figureText = (count: number | null | undefined) => (count == null ? unknown : countText(count));
const timeText = (ms: number | null | undefined) => (ms == null ? unknown : durationText(ms));
