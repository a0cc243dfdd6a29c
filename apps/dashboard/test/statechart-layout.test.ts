import { buildJobMachine } from '@yardmaster/domain';
import { beforeAll, describe, expect, test } from 'vitest';
import { jobColumns } from '../build/job-columns.ts';
import { layOutTall, layOutWide } from '../build/lay-out-chart.ts';
import { textWidth } from '../build/text-width.ts';
import { type Box, type ChartLayout, type Point, sizes } from '../src/features/statechart/chart-layout.ts';
import { countLabel } from '../src/features/statechart/count-label.ts';
import { type ChartEdge, graphOf } from '../src/features/statechart/graph.ts';
import { labelLines } from '../src/features/statechart/labels.ts';

const graph = graphOf(buildJobMachine);
const leaves = [...graph.states.values()].filter(({ children }) => children.length === 0);
const layouts = new Map<string, ChartLayout>();

beforeAll(async () => {
  layouts.set('wide', await layOutWide(graph, jobColumns));
  layouts.set('tall', await layOutTall(graph));
});

const none: Box = { x: Number.NaN, y: Number.NaN, width: Number.NaN, height: Number.NaN };

describe.each(['wide', 'tall'])('the %s layout of the chart', (shape) => {
  const layout = (): ChartLayout => layouts.get(shape) ?? { width: 0, height: 0, states: {}, edges: {}, labels: {} };
  const box = (id: string): Box => layout().states[id] ?? none;
  const label = (id: string): Box => layout().labels[id] ?? none;
  const line = (edge: ChartEdge): readonly Point[] => layout().edges[edge.id] ?? [];

  test('has a box for every state, a line for every edge and a label for every transition, all within its borders', () => {
    const all: Box = { x: 0, y: 0, width: layout().width, height: layout().height };
    for (const id of graph.states.keys()) expect(holds(all, box(id)), id).toBe(true);
    for (const edge of graph.edges) {
      expect(line(edge).length, edge.id).toBeGreaterThanOrEqual(2);
      for (const point of line(edge)) expect(holds(all, boxAround(point, point)), edge.id).toBe(true);
      for (const { id } of edge.transitions) expect(holds(all, label(id)), id).toBe(true);
    }
  });

  test('lets no two states overlap, but those that lie in each other', () => {
    for (const [index, { id }] of leaves.entries()) {
      for (const other of leaves.slice(index + 1))
        expect(overlap(box(id), box(other.id)), `${id} ${other.id}`).toBe(false);
    }
    for (const { id, parent } of graph.states.values()) {
      if (parent !== null) expect(holds(box(parent), box(id)), id).toBe(true);
    }
  });

  test('lets no label lie on a state or on another label', () => {
    const ids = graph.edges.flatMap(({ transitions }) => transitions.map(({ id }) => id));
    for (const [index, id] of ids.entries()) {
      for (const leaf of leaves) expect(overlap(label(id), box(leaf.id)), `${id} ${leaf.id}`).toBe(false);
      for (const other of ids.slice(index + 1)) expect(overlap(label(id), label(other)), `${id} ${other}`).toBe(false);
    }
  });

  test('leads every line from border to border of its states, at right angles, and through no other', () => {
    for (const edge of graph.edges) {
      const points = line(edge);
      const start: Point = points[0] ?? [0, 0];
      const end: Point = points.at(-1) ?? [0, 0];
      expect(isOnBorder(start, box(edge.source)), `start of ${edge.id}`).toBe(true);
      expect(isOnBorder(end, box(edge.target)), `end of ${edge.id}`).toBe(true);
      for (const [index, to] of points.slice(1).entries()) {
        const from = points[index] ?? to;
        expect(Math.min(Math.abs(from[0] - to[0]), Math.abs(from[1] - to[1])), edge.id).toBeLessThan(0.01);
        for (const { id } of leaves) expect(overlap(boxAround(from, to), box(id)), `${edge.id} ${id}`).toBe(false);
      }
    }
  });

  test('lets no two lines of different edges run on each other', () => {
    const segments = graph.edges.flatMap((edge) =>
      line(edge)
        .slice(1)
        .map((to, index) => ({ edge, box: boxAround(line(edge)[index] ?? to, to) })),
    );
    for (const [index, one] of segments.entries()) {
      for (const other of segments.slice(index + 1)) {
        if (one.edge !== other.edge)
          expect(shared(one.box, other.box), `${one.edge.id} ${other.edge.id}`).toBeLessThan(2);
      }
    }
  });

  test('leaves room for every text', () => {
    for (const { id, name } of graph.states.values()) {
      expect(box(id).width, id).toBeGreaterThanOrEqual(textWidth(name, sizes.nameFont) + 36);
    }
    for (const { id, internal } of graph.states.values()) {
      for (const { event } of internal) {
        for (const count of [1, 9_999, 10_000, 2_000_000]) {
          const text = textWidth(event, sizes.labelFont) + textWidth(countLabel(count), sizes.labelFont);
          expect(box(id).width, `${event} ${count}`).toBeGreaterThanOrEqual(text + 46);
        }
      }
    }
    for (const transition of graph.edges.flatMap(({ transitions }) => transitions)) {
      for (const text of labelLines(transition)) {
        expect(label(transition.id).width, text).toBeGreaterThanOrEqual(textWidth(text, sizes.labelFont) + 12);
      }
    }
  });
});

test('the wide layout is readable where a build page is 1,440 pixels wide, with the events beside it', () => {
  const { width = 0, height = 0 } = layouts.get('wide') ?? {};
  const nameSize = Math.min(950 / width, 536 / height) * sizes.nameFont;
  expect(nameSize).toBeGreaterThanOrEqual(11);
});

test('a state that no column names is drawn too', async () => {
  const layout = await layOutWide(graph, jobColumns.slice(0, 2));
  expect(Object.keys(layout.states).toSorted()).toEqual([...graph.states.keys()].toSorted());
  expect(Object.keys(layout.edges)).toHaveLength(graph.edges.length);
});

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** The length of what two lines, each as a box without width or height, have in common; 0 where they cross. */
function shared(a: Box, b: Box): number {
  const x = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const y = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const isThin = [a, b].every(({ width, height }) => Math.min(width, height) < 0.01);
  return isThin && x >= 0 && y >= 0 ? Math.max(x, y) : 0;
}

function holds(outer: Box, inner: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height
  );
}

function boxAround([ax, ay]: Point, [bx, by]: Point): Box {
  return { x: Math.min(ax, bx), y: Math.min(ay, by), width: Math.abs(ax - bx), height: Math.abs(ay - by) };
}

function isOnBorder([x, y]: Point, box: Box): boolean {
  const onSide = Math.abs(x - box.x) < 0.1 || Math.abs(x - box.x - box.width) < 0.1;
  const onTop = Math.abs(y - box.y) < 0.1 || Math.abs(y - box.y - box.height) < 0.1;
  const isBeside = y > box.y - 0.1 && y < box.y + box.height + 0.1;
  const isAbove = x > box.x - 0.1 && x < box.x + box.width + 0.1;
  return (onSide && isBeside) || (onTop && isAbove);
}
