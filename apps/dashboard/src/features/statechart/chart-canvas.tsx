import '@xyflow/react/dist/base.css';
import './statechart.css';
import { layouts } from 'virtual:statechart-layout';
import { Background, BackgroundVariant, ReactFlow, type ReactFlowInstance } from '@xyflow/react';
import { type RefObject, useLayoutEffect, useRef, useState } from 'react';
import { ChartControls } from './chart-controls.tsx';
import type { ChartLayout } from './chart-layout.ts';
import { elementsOf } from './elements.ts';
import { jobGraph } from './job-chart.ts';
import { StateNode, type StateNodeType } from './state-node.tsx';
import { TransitionEdge, type TransitionEdgeType } from './transition-edge.tsx';
import { useCamera } from './use-camera.ts';
import { isReadable, type Size, zoomLimits } from './viewport.ts';

const nodeTypes = { state: StateNode };
const edgeTypes = { transition: TransitionEdge };
const elements = { wide: elementsOf(jobGraph, layouts.wide), tall: elementsOf(jobGraph, layouts.tall) };

/** The machine drawn: in columns where there is room, from top to bottom and following the build where there is not. */
export function ChartCanvas({ focus }: { readonly focus: string | null }) {
  const area = useRef<HTMLDivElement>(null);
  const size = useSize(area);
  const shape = size !== null && isReadable(layouts.wide, size) ? 'wide' : 'tall';
  return (
    <div ref={area} className="size-full">
      {size !== null && <Drawing key={shape} {...{ shape, size, focus }} layout={layouts[shape]} />}
    </div>
  );
}

export type Flow = ReactFlowInstance<StateNodeType, TransitionEdgeType>;

interface DrawingProps {
  readonly shape: 'wide' | 'tall';
  readonly layout: ChartLayout;
  readonly size: Size;
  /** The innermost state the build is in. */
  readonly focus: string | null;
}

function Drawing({ shape, layout, size, focus }: DrawingProps) {
  const [flow, setFlow] = useState<Flow | null>(null);
  const camera = useCamera({ flow, layout, size, focus, canFollow: shape === 'tall' });
  return (
    // biome-ignore lint/a11y/useSemanticElements: it is no group of fields
    <div
      role="group"
      aria-label="State machine of the build. Plus and minus zoom, arrow keys move, zero shows all."
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a drawing that is moved by keys has to take the focus
      tabIndex={0}
      onKeyDown={camera.onKeyDown}
      onFocus={camera.onFocus}
      className="size-full -outline-offset-2"
    >
      <ReactFlow
        nodes={elements[shape].nodes}
        edges={elements[shape].edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        defaultViewport={camera.first}
        onInit={setFlow}
        onMoveStart={camera.onMoveStart}
        minZoom={zoomLimits.min}
        maxZoom={zoomLimits.max}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        disableKeyboardA11y
        zoomOnScroll={false}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        zIndexMode="manual"
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1} color="var(--line)" />
      </ReactFlow>
      <ChartControls {...camera} canFollow={shape === 'tall'} />
    </div>
  );
}

/** Null before the first measure, which comes before the first paint. */
function useSize(element: RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useLayoutEffect(() => {
    const measured = element.current;
    if (measured === null) return undefined;
    const measure = () => {
      const { clientWidth: width, clientHeight: height } = measured;
      setSize((before) => (before?.width === width && before.height === height ? before : { width, height }));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(measured);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
