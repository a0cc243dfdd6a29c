import { CatchBoundary } from '@tanstack/react-router';
import { List, Workflow } from 'lucide-react';
import { type ComponentType, lazy, Suspense, useMemo, useRef, useState } from 'react';
import type { Replay } from '../../shared/replay/replay-build.ts';
import { Button } from '../../shared/ui/button.tsx';
import { Skeleton } from '../../shared/ui/skeleton.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';
import { MomentContext } from './chart-context.ts';
import { StatesVisited } from './states-visited.tsx';
import { chartMomentAt } from './visits.ts';

type Canvas = ComponentType<{ readonly focus: string | null }>;

let loadedCanvas: Canvas | null = null;
const loadCanvas = async (): Promise<Canvas> => {
  loadedCanvas = (await import('./chart-canvas.tsx')).ChartCanvas;
  return loadedCanvas;
};
/** Made anew when its code could not be loaded: React asks for the code of one only once. */
const lazyCanvas = (): Canvas => lazy(async () => ({ default: await loadCanvas() }));
// Wherever this module is loaded the chart will be drawn: its code need not wait for the build's history.
void loadCanvas().catch(() => undefined);

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
  const area = useRef<HTMLDivElement>(null);
  const [isList, setIsList] = useState(false);
  const [hasFailed, setHasFailed] = useState(false);
  // What is there is drawn at once: React shows the place of something lazy for a third of a second, however soon it is there.
  const [ChartCanvas, setChartCanvas] = useState(() => loadedCanvas ?? lazyCanvas());
  const shown = useMemo(() => ({ ...chartMomentAt(frames, at), frames, at, isLive }), [frames, at, isLive]);
  const focus = [...shown.active].at(-1) ?? null;
  const list = <StatesVisited frames={frames} at={at} isLive={isLive} />;
  if (hasFailed) {
    const retry = () => {
      // The button goes away: the focus stays at the chart.
      area.current?.focus();
      setChartCanvas(lazyCanvas);
      setHasFailed(false);
    };
    return (
      <div ref={area} tabIndex={-1} className={`flex flex-col ${areaLook}`}>
        <ChartFailed onRetry={retry} />
        <div className="min-h-0 flex-1">{list}</div>
      </div>
    );
  }
  return (
    <div ref={area} tabIndex={-1} className={`${isList ? 'pt-12' : 'max-sm:pt-12'} ${areaLook}`}>
      {isList ? (
        list
      ) : (
        <CatchBoundary getResetKey={() => 'chart'} errorComponent={() => null} onCatch={() => setHasFailed(true)}>
          <Suspense fallback={<Skeleton className="size-full rounded-none!" />}>
            <MomentContext value={shown}>
              <ChartCanvas focus={focus} />
            </MomentContext>
          </Suspense>
        </CatchBoundary>
      )}
      {frames.length === 0 && !isList && (
        <p className="absolute top-4 left-4 z-10 text-[13px] text-muted max-sm:top-15">
          No event yet: nothing is active.
        </p>
      )}
      {/* On a phone they are in a bar above the chart, where they cover nothing. */}
      <div aria-hidden="true" className="absolute inset-x-0 top-0 h-12 border-b border-line sm:hidden" />
      <Button
        size="small"
        className="absolute top-3 right-3 z-10 max-sm:top-6 max-sm:-translate-y-1/2"
        onClick={() => setIsList(!isList)}
      >
        {isList ? <Workflow aria-hidden="true" /> : <List aria-hidden="true" />}
        {isList ? 'Show as chart' : 'Show as list'}
      </Button>
    </div>
  );
}

const areaLook = 'relative h-[528px] min-h-0 outline-none sm:h-[480px] lg:h-[560px]';

const failed = {
  message: 'The chart could not be loaded.',
  hint: 'The list below shows the same. If it does not work again either, reload the page.',
};

function ChartFailed({ onRetry }: { readonly onRetry: () => void }) {
  return (
    <div className="p-3">
      <TroubleNote trouble={failed}>
        <Button size="small" onClick={onRetry}>
          Try again
        </Button>
      </TroubleNote>
    </div>
  );
}
