import type { ChartLayout } from './chart-layout.ts';
import type { Graph } from './graph.ts';
import type { StateNodeType } from './state-node.tsx';
import type { TransitionEdgeType } from './transition-edge.tsx';

/** From back to front: states with states in them, lines, their labels (30), states. */
const depths = { compound: 0, edge: 20, state: 40 } as const;

const fixed = { draggable: false, connectable: false, selectable: false, deletable: false, focusable: false } as const;

/** A chart as React Flow takes it. Made once for a layout: what changes with time is read by the drawings themselves. */
export function elementsOf(
  graph: Graph,
  layout: ChartLayout,
): { readonly nodes: StateNodeType[]; readonly edges: TransitionEdgeType[] } {
  const nodes = [...graph.states.values()].map((state): StateNodeType => {
    const { x, y, width, height } = layout.states[state.id] ?? { x: 0, y: 0, width: 0, height: 0 };
    return {
      ...fixed,
      id: state.id,
      type: 'state',
      position: { x, y },
      width,
      height,
      zIndex: state.children.length > 0 ? depths.compound : depths.state,
      data: { state },
    };
  });
  const edges = graph.edges.map((edge): TransitionEdgeType => {
    const data = { edge, points: layout.edges[edge.id] ?? [], labels: layout.labels };
    const { id, source, target } = edge;
    return { id, source, target, type: 'transition', zIndex: depths.edge, selectable: false, focusable: false, data };
  });
  return { nodes, edges };
}
