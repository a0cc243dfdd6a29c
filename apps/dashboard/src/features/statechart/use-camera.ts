import type { Viewport } from '@xyflow/react';
import { type FocusEvent, type KeyboardEvent, useEffect, useEffectEvent, useState } from 'react';
import type { Flow } from './chart-canvas.tsx';
import type { ChartLayout } from './chart-layout.ts';
import { around, type Size, wholeChart } from './viewport.ts';

interface CameraProps {
  /** Null until React Flow stands. */
  readonly flow: Flow | null;
  readonly layout: ChartLayout;
  readonly size: Size;
  readonly focus: string | null;
  readonly canFollow: boolean;
}

export interface Camera {
  /** What is looked at when the chart appears. */
  readonly first: Viewport;
  readonly isFollowing: boolean;
  readonly onFollow: (isFollowing: boolean) => void;
  readonly onZoomIn: () => void;
  readonly onZoomOut: () => void;
  readonly onWhole: () => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  /** Of anything in the chart. */
  readonly onFocus: (event: FocusEvent) => void;
  readonly onMoveStart: (event: MouseEvent | TouchEvent | null) => void;
}

const zoomFactor = 1.25;
const stepPx = 60;
const durationMs = 250;

/** What a key does: zoom by a factor, move by pixels, show the whole chart. */
const moves: Readonly<Record<string, number | readonly [x: number, y: number] | 'whole'>> = {
  '+': zoomFactor,
  '=': zoomFactor,
  '-': 1 / zoomFactor,
  '0': 'whole',
  ArrowLeft: [stepPx, 0],
  ArrowRight: [-stepPx, 0],
  ArrowUp: [0, stepPx],
  ArrowDown: [0, -stepPx],
};

/** Which part of a chart is in sight: all of it, the state that is active, or what somebody moved it to. */
export function useCamera({ flow, layout, size, focus, canFollow }: CameraProps): Camera {
  const [isFollowing, setIsFollowing] = useState(canFollow);
  const focused = focus === null ? undefined : layout.states[focus];
  const home = (): Viewport => {
    const box = focused ?? layout.states[Object.keys(layout.states)[0] ?? ''];
    return canFollow && isFollowing && box !== undefined ? around(box, layout, size) : wholeChart(layout, size);
  };
  const [first] = useState(home);

  const go = useEffectEvent((isSmooth: boolean) => {
    void flow?.setViewport(home(), { duration: isSmooth ? motionMs() : 0 });
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new size is the reason to fit again
  useEffect(() => go(false), [flow, size]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another state is the reason to go there
  useEffect(() => {
    if (isFollowing) go(true);
  }, [focus, isFollowing]);

  const pan = (x: number, y: number) => {
    setIsFollowing(false);
    const at = flow?.getViewport();
    if (at !== undefined) void flow?.setViewport({ ...at, x: at.x + x, y: at.y + y }, { duration: motionMs() / 2 });
  };
  const zoom = (factor: number) => {
    setIsFollowing(false);
    void flow?.zoomTo(flow.getZoom() * factor, { duration: motionMs() / 2 });
  };
  const onWhole = () => {
    setIsFollowing(false);
    void flow?.setViewport(wholeChart(layout, size), { duration: motionMs() });
  };
  return {
    first,
    isFollowing,
    onFollow: setIsFollowing,
    onZoomIn: () => zoom(zoomFactor),
    onZoomOut: () => zoom(1 / zoomFactor),
    onWhole,
    onKeyDown: (event) => {
      const move = Object.hasOwn(moves, event.key) ? moves[event.key] : undefined;
      // With Ctrl or ⌘ the keys are the browser's; those that move the chart must not move the page or the history too.
      if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      if (move === 'whole') onWhole();
      else if (typeof move === 'number') zoom(move);
      else pan(...move);
    },
    onFocus: ({ target }) => {
      const id = target.matches(':focus-visible') ? target.getAttribute('data-state') : null;
      const box = id === null ? undefined : layout.states[id];
      if (box === undefined || !canFollow) return;
      setIsFollowing(false);
      void flow?.setViewport(around(box, layout, size), { duration: motionMs() });
    },
    // Without an event it was the chart itself that moved.
    onMoveStart: (event) => {
      if (event !== null) setIsFollowing(false);
    },
  };
}

function motionMs(): number {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : durationMs;
}
