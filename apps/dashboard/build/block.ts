import ELK, { type ElkExtendedEdge, type ElkNode, type ElkPort, type LayoutOptions } from 'elkjs';
import type { Box, Point } from '../src/features/statechart/chart-layout.ts';
import type { ChartEdge } from '../src/features/statechart/graph.ts';
import { labelBlockSize, labelsOf } from './sizes.ts';

/** Which way the edges of a picture lead, as ELK calls it. */
export type Flow = 'RIGHT' | 'DOWN' | 'UP';

/** A finished part of a chart, measured from its own corner, that is placed as a whole. */
export interface Block {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly states: Readonly<Record<string, Box>>;
  readonly edges: Readonly<Record<string, readonly Point[]>>;
  readonly labels: Readonly<Record<string, Box>>;
}

interface Arrangement {
  readonly id: string;
  readonly flow: Flow;
  readonly blocks: readonly Block[];
  /** Each leads from a state of one block to a state of another. */
  readonly edges: readonly ChartEdge[];
  /** Around the blocks: top, right, bottom, left. */
  readonly padding: readonly [number, number, number, number];
  /** How far down a state is meant to lie, from 0 to 1, where that is known before. */
  readonly ranks?: ReadonlyMap<string, number>;
  readonly options?: LayoutOptions;
}

/**
 * Places blocks and draws the edges between them. An edge of a state deep in a block leaves the block where the state
 * lies, so that the line can be drawn on to the state itself.
 */
export async function arrange({
  id,
  flow,
  blocks,
  edges,
  padding,
  ranks = new Map(),
  options = {},
}: Arrangement): Promise<Block> {
  const [top, right, bottom, left] = padding;
  const docks = new Map(
    blocks.map((block, index) => [block.id, docksOf(block, { index, blocks, edges, flow, ranks })]),
  );
  const laid = await new ELK().layout({
    id,
    children: blocks.map((block, index) => elkNode(block, docks.get(block.id) ?? [], index)),
    edges: edges.map((edge) => elkEdge(edge, { blocks, docks })),
    layoutOptions: {
      ...layered,
      'elk.direction': flow,
      'elk.padding': `[top=${top},right=${right},bottom=${bottom},left=${left}]`,
      ...options,
    },
  });
  return merged({ id, laid, blocks, edges, flow });
}

const layered: LayoutOptions = {
  'elk.algorithm': 'layered',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
  'elk.layered.thoroughness': '50',
  'elk.spacing.nodeNode': '20',
  'elk.spacing.edgeNode': '14',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '2',
  'elk.layered.spacing.nodeNodeBetweenLayers': '12',
  'elk.layered.spacing.edgeNodeBetweenLayers': '12',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '12',
};

/** Where an edge meets the border of a block. */
interface Dock {
  readonly id: string;
  readonly edge: ChartEdge;
  readonly state: string;
  readonly side: 'EAST' | 'WEST' | 'NORTH' | 'SOUTH';
  readonly x: number;
  readonly y: number;
}

interface Surroundings {
  readonly index: number;
  readonly blocks: readonly Block[];
  readonly edges: readonly ChartEdge[];
  readonly flow: Flow;
  readonly ranks: ReadonlyMap<string, number>;
}

/** None for a block that is one state only: ELK finds the best places itself. */
function docksOf(block: Block, { index, blocks, edges, flow, ranks }: Surroundings): readonly Dock[] {
  if (Object.keys(block.states).length === 1) return [];
  const ends = edges.flatMap((edge) => {
    const [isSource, isTarget] = [edge.source in block.states, edge.target in block.states];
    if (!isSource && !isTarget) return [];
    const other = isSource ? edge.target : edge.source;
    const distance = blocks.findIndex(({ states }) => other in states) - index;
    return [{ edge, state: isSource ? edge.source : edge.target, distance, rank: ranks.get(other) ?? 0.5 }];
  });
  const isAcross = flow === 'RIGHT';
  return ends.map((end) => {
    const { edge, state, distance } = end;
    const isAhead = distance > 0;
    const beside = ends.filter((each) => each.state === state && each.distance > 0 === isAhead);
    // What leads up leaves above what leads down; of two alike the one that leads far, which passes over the next block.
    const order = beside.toSorted((a, b) => a.rank - b.rank || Math.abs(b.distance) - Math.abs(a.distance));
    const place = order.indexOf(end) + 1;
    const share = place / (beside.length + 1);
    const box = block.states[state] ?? { x: 0, y: 0, width: block.width, height: block.height };
    return {
      id: `${block.id} ${edge.id}`,
      edge,
      state,
      side: isAcross ? (isAhead ? 'EAST' : 'WEST') : isAhead ? 'SOUTH' : 'NORTH',
      x: isAcross ? (isAhead ? block.width : 0) : box.x + box.width * share,
      y: isAcross ? box.y + box.height * share : isAhead ? block.height : 0,
    };
  });
}

function elkNode({ id, width, height }: Block, docks: readonly Dock[], index: number): ElkNode {
  return {
    id,
    width,
    height,
    ports: docks.map(
      ({ id, side, x, y }): ElkPort => ({ id, x, y, width: 0, height: 0, layoutOptions: { 'elk.port.side': side } }),
    ),
    layoutOptions: {
      'elk.partitioning.partition': String(index),
      ...(docks.length > 0 ? { 'elk.portConstraints': 'FIXED_POS' } : {}),
    },
  };
}

interface Joined {
  readonly blocks: readonly Block[];
  readonly docks: ReadonlyMap<string, readonly Dock[]>;
  readonly flow: Flow;
}

function elkEdge(edge: ChartEdge, { blocks, docks }: Omit<Joined, 'flow'>): ElkExtendedEdge {
  const from = blocks.findIndex(({ states }) => edge.source in states);
  const to = blocks.findIndex(({ states }) => edge.target in states);
  const end = (index: number): string => {
    const { id } = blocks[index] ?? { id: '' };
    return docks.get(id)?.find((dock) => dock.edge === edge)?.id ?? id;
  };
  // Neighbours are aligned with each other, rather than with what is far away.
  const isNear = Math.abs(from - to) === 1;
  const layoutOptions = { 'elk.edgeLabels.inline': 'true', 'elk.edgeLabels.placement': 'CENTER' };
  return {
    id: edge.id,
    sources: [end(from)],
    targets: [end(to)],
    labels: [{ text: edge.id, ...labelBlockSize(edge), layoutOptions }],
    ...(isNear ? { layoutOptions: { 'elk.layered.priority.straightness': '10' } } : {}),
  };
}

function merged({
  id,
  laid,
  blocks,
  edges,
  flow,
}: Omit<Joined, 'docks'> & {
  readonly id: string;
  readonly laid: ElkNode;
  readonly edges: readonly ChartEdge[];
}): Block {
  const parts = {
    states: {} as Record<string, Box>,
    edges: {} as Record<string, readonly Point[]>,
    labels: {} as Record<string, Box>,
  };
  for (const block of blocks) {
    const { x = 0, y = 0 } = laid.children?.find((child) => child.id === block.id) ?? {};
    for (const [state, box] of Object.entries(block.states)) parts.states[state] = moved(box, x, y);
    for (const [label, box] of Object.entries(block.labels)) parts.labels[label] = moved(box, x, y);
    for (const [edge, points] of Object.entries(block.edges))
      parts.edges[edge] = points.map(([px, py]): Point => [px + x, py + y]);
  }
  for (const { id, sections, labels } of laid.edges ?? []) {
    const edge = edges.find((each) => each.id === id);
    const section = sections?.[0];
    if (edge === undefined || section === undefined) continue;
    const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint].map(
      ({ x, y }): Point => [x, y],
    );
    parts.edges[id] = drawnOn(points, edge, parts.states, flow);
    const { x = 0, y = 0, width = 0 } = labels?.[0] ?? {};
    Object.assign(parts.labels, labelsOf(edge, { x, y, width }));
  }
  return { id, width: laid.width ?? 0, height: laid.height ?? 0, ...parts };
}

/** The line from border to border of the states themselves. */
function drawnOn(
  points: readonly Point[],
  edge: ChartEdge,
  states: Readonly<Record<string, Box>>,
  flow: Flow,
): readonly Point[] {
  const [first, last] = [points[0], points.at(-1)];
  const [from, to] = [states[edge.source], states[edge.target]];
  if (first === undefined || last === undefined || from === undefined || to === undefined) return points;
  const start = onBorder(from, first, flow);
  const end = onBorder(to, last, flow);
  return [...(same(start, first) ? [] : [start]), ...points, ...(same(end, last) ? [] : [end])];
}

function onBorder({ x, y, width, height }: Box, [px, py]: Point, flow: Flow): Point {
  if (flow === 'RIGHT') return [Math.min(Math.max(px, x), x + width), py];
  return [px, Math.min(Math.max(py, y), y + height)];
}

function same([ax, ay]: Point, [bx, by]: Point): boolean {
  return Math.abs(ax - bx) < 0.01 && Math.abs(ay - by) < 0.01;
}

function moved(box: Box, x: number, y: number): Box {
  return { ...box, x: box.x + x, y: box.y + y };
}
