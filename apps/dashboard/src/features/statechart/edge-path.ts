import type { Point } from './chart-layout.ts';

const cornerRadius = 8;
const headLength = 8;
const headHalfWidth = 4;

/** A line with right angles as an SVG path with round corners, up to where its arrow head begins. */
export function roundedPath(points: readonly Point[]): string {
  const line = shortened(points);
  const [start] = line;
  const end = line.at(-1);
  if (start === undefined || end === undefined) return '';
  const corners = line.slice(1, -1).map((corner, index) => {
    const [before, after] = [line[index] ?? corner, line[index + 2] ?? corner];
    const radius = Math.min(cornerRadius, distance(before, corner) / 2, distance(corner, after) / 2);
    return `L${towards(corner, before, radius)}Q${corner} ${towards(corner, after, radius)}`;
  });
  return `M${start}${corners.join('')}L${end}`;
}

/** The arrow head at the end of a line, as an SVG path. */
export function arrowHead(points: readonly Point[]): string {
  const [before, tip] = [points.at(-2), points.at(-1)];
  if (before === undefined || tip === undefined) return '';
  const [x, y] = towards(tip, before, headLength);
  const length = distance(before, tip) || 1;
  const acrossX = ((tip[1] - before[1]) / length) * headHalfWidth;
  const acrossY = ((before[0] - tip[0]) / length) * headHalfWidth;
  return `M${tip}L${x + acrossX},${y + acrossY}L${x - acrossX},${y - acrossY}Z`;
}

function shortened(points: readonly Point[]): readonly Point[] {
  const [before, tip] = [points.at(-2), points.at(-1)];
  if (before === undefined || tip === undefined) return points;
  return [...points.slice(0, -1), towards(tip, before, headLength - 1)];
}

/** The point `by` pixels from `from` on the way to `to`. */
function towards(from: Point, to: Point, by: number): Point {
  const length = distance(from, to) || 1;
  return [from[0] + ((to[0] - from[0]) / length) * by, from[1] + ((to[1] - from[1]) / length) * by];
}

function distance([ax, ay]: Point, [bx, by]: Point): number {
  return Math.hypot(bx - ax, by - ay);
}
