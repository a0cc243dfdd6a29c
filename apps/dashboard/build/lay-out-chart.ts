import { type ChartLayout, sizes } from '../src/features/statechart/chart-layout.ts';
import type { ChartEdge, ChartState, Graph } from '../src/features/statechart/graph.ts';
import { arrange, type Block } from './block.ts';
import { headerHeight, headerWidth, leafSize } from './sizes.ts';

/** States that stand above each other where a chart is wide, from top to bottom, and which way they lead. */
export interface Column {
  readonly states: readonly string[];
  /** Null where they stand free, each beside what leads to it. */
  readonly flow: 'DOWN' | 'UP' | null;
}

/** From top to bottom, as a narrow window shows it. */
export async function layOutTall(graph: Graph): Promise<ChartLayout> {
  const blocks = await blocksOf(graph, null, null);
  return arrange({ id: 'chart', flow: 'DOWN', blocks, edges: edgesWithin(graph, null), padding: [8, 8, 8, 8] });
}

/**
 * From left to right in columns, as a wide window shows it: a chart of one long row would have to be made unreadably
 * small. A state that no column names gets one of its own.
 */
export async function layOutWide(graph: Graph, columns: readonly Column[]): Promise<ChartLayout> {
  const inColumns = new Set(columns.flatMap(({ states }) => states));
  const rest = [...graph.states.values()].filter(({ id, parent }) => parent === null && !inColumns.has(id));
  const all = [...columns, { states: rest.map(({ id }) => id), flow: null }];
  const blocks = (await Promise.all(all.map((column) => columnBlocks(graph, column)))).flat();
  const edges = edgesWithin(graph, null).filter((edge) => blocks.every((block) => !(edge.id in block.edges)));
  const ranks = new Map(
    columns.flatMap(({ states }) => states.map((id, index) => [id, (index + 0.5) / states.length] as const)),
  );
  return arrange({ id: 'chart', flow: 'RIGHT', blocks, edges, ranks, padding: [8, 8, 8, 8] });
}

const inOrder = { 'elk.partitioning.activate': 'true', 'elk.separateConnectedComponents': 'false' };

async function columnBlocks(graph: Graph, { states, flow }: Column): Promise<readonly Block[]> {
  const blocks = await blocksOf(graph, null, states);
  if (flow === null || blocks.length === 1) return blocks;
  const width = Math.max(...blocks.map((block) => block.width));
  const edges = edgesWithin(graph, null).filter(
    ({ source, target }) => states.includes(source) && states.includes(target),
  );
  const column = await arrange({
    id: `column ${states.join(' ')}`,
    flow,
    // Of one width, so that the borders are in line.
    blocks: (flow === 'UP' ? blocks.toReversed() : blocks).map((block) => widened(block, width)),
    edges,
    padding: [0, 0, 0, 0],
    options: { ...inOrder, 'elk.layered.edgeLabels.centerLabelPlacementStrategy': 'TAIL_LAYER' },
  });
  return [column];
}

function widened(block: Block, width: number): Block {
  const [box] = Object.values(block.states);
  if (box === undefined || Object.keys(block.states).length > 1) return block;
  return { ...block, width, states: { [block.id]: { ...box, width } } };
}

/** The states right inside of `parent`; of them only those `wanted`, in that order, when it is not null. */
async function blocksOf(
  graph: Graph,
  parent: string | null,
  wanted: readonly string[] | null,
): Promise<readonly Block[]> {
  const inside = [...graph.states.values()].filter((state) => state.parent === parent);
  const states = wanted === null ? inside : wanted.flatMap((id) => inside.filter((state) => state.id === id));
  return Promise.all(
    states.map((state) => (state.children.length === 0 ? leafBlock(state) : compoundBlock(graph, state))),
  );
}

function leafBlock(state: ChartState): Block {
  const { width, height } = leafSize(state);
  return { id: state.id, width, height, states: { [state.id]: { x: 0, y: 0, width, height } }, edges: {}, labels: {} };
}

async function compoundBlock(graph: Graph, state: ChartState): Promise<Block> {
  const edge = sizes.compoundPadding;
  const content = await arrange({
    id: state.id,
    flow: 'DOWN',
    blocks: await blocksOf(graph, state.id, null),
    edges: edgesWithin(graph, state.id),
    padding: [headerHeight(state), edge, edge, edge],
  });
  const width = Math.max(content.width, headerWidth(state));
  const own = { [state.id]: { x: 0, y: 0, width, height: content.height } };
  return { ...content, width, states: { ...own, ...content.states } };
}

/** Edges whose ends have `home` as the innermost state around both; null for the canvas. */
function edgesWithin(graph: Graph, home: string | null): readonly ChartEdge[] {
  return graph.edges.filter(({ source, target }) => {
    const around = surroundings(graph, target);
    return surroundings(graph, source).find((id) => around.includes(id)) === home;
  });
}

/** What lies around a state, innermost first; null is the canvas. */
function surroundings(graph: Graph, id: string): readonly (string | null)[] {
  const parent = graph.states.get(id)?.parent ?? null;
  return parent === null ? [null] : [parent, ...surroundings(graph, parent)];
}
