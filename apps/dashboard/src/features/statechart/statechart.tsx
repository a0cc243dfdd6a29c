import { CatchBoundary } from '@tanstack/react-router';
import { List, Workflow } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import type { Replay } from '../../shared/replay/replay-build.ts';
import { Button } from '../../shared/ui/button.tsx';
import { Skeleton } from '../../shared/ui/skeleton.tsx';
import { MomentContext } from './chart-context.ts';
import { StatesVisited } from './states-visited.tsx';
import { chartMomentAt } from './visits.ts';

const loadCanvas = () => import('./chart-canvas.tsx');
// Wherever this module is loaded the chart will be drawn: its code need not wait for the build's history.
void loadCanvas().catch(() => undefined);
const ChartCanvas = lazy(async () => ({ default: (await loadCanvas()).ChartCanvas }));

export interface StatechartProps {
  readonly replay: Replay;
  /** The revision that is looked at: an index into `replay.frames`. */
  readonly at: number;
  /** False while the past is looked at. */
  readonly isLive: boolean;
}

/**
 * The machine that runs a build, with where the build is and the way it came; as a drawing or as a list. What cannot be
 * replayed, and to a screen reader what changes, is said by the page around it.
 */
export function Statechart({ replay: { frames }, at, isLive }: StatechartProps) {
  const [isList, setIsList] = useState(false);
  const shown = useMemo(() => ({ ...chartMomentAt(frames, at), frames, at, isLive }), [frames, at, isLive]);
  const focus = [...shown.active].at(-1) ?? null;
  const list = <StatesVisited frames={frames} at={at} isLive={isLive} />;
  return (
    <div className="relative h-[480px] min-h-0 lg:h-[560px]">
      {isList ? (
        list
      ) : (
        <CatchBoundary getResetKey={() => 'chart'} errorComponent={() => list}>
          <Suspense fallback={<Skeleton className="size-full rounded-none!" />}>
            <MomentContext value={shown}>
              <ChartCanvas focus={focus} />
            </MomentContext>
          </Suspense>
        </CatchBoundary>
      )}
      {frames.length === 0 && !isList && (
        <p className="absolute top-4 left-4 z-10 text-[13px] text-muted">No event yet: nothing is active.</p>
      )}
      <Button size="small" className="absolute top-3 right-3 z-10" onClick={() => setIsList(!isList)}>
        {isList ? <Workflow aria-hidden="true" /> : <List aria-hidden="true" />}
        {isList ? 'Show as chart' : 'Show as list'}
      </Button>
    </div>
  );
}
