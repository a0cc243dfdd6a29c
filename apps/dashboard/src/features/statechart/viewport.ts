import type { Viewport } from '@xyflow/react';
import { type Box, type ChartLayout, sizes } from './chart-layout.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Names of states are at least this large on the screen, in pixels. */
const minNameSize = 11;
/** A chart from top to bottom is shown at a size at which it can be read, also when not all of it is in sight. */
const minTallZoom = 0.8;
const maxZoom = 1.15;
const margin = 12;

export const zoomLimits = { min: 0.25, max: 2 } as const;

/** Whether all of a chart can be read in this width. */
export function isReadable(layout: ChartLayout, { width }: Size): boolean {
  return ((width - 2 * margin) / layout.width) * sizes.nameFont >= minNameSize;
}

/** All of a chart in the middle of its area. */
export function wholeChart(layout: ChartLayout, area: Size): Viewport {
  const [width, height] = [area.width - 2 * margin, area.height - 2 * margin];
  const zoom = Math.min(maxZoom, Math.max(zoomLimits.min, Math.min(width / layout.width, height / layout.height)));
  return { zoom, x: (area.width - layout.width * zoom) / 2, y: (area.height - layout.height * zoom) / 2 };
}

/** The chart at a readable size with `focus` in the middle, as far as that does not show what is beyond its borders. */
export function around(focus: Box, layout: ChartLayout, area: Size, zoom = readableZoom(layout, area)): Viewport {
  const x = area.width / 2 - (focus.x + focus.width / 2) * zoom;
  const y = area.height / 2 - (focus.y + focus.height / 2) * zoom;
  return { zoom, x: within(x, area.width, layout.width * zoom), y: within(y, area.height, layout.height * zoom) };
}

function readableZoom(layout: ChartLayout, area: Size): number {
  return Math.min(1, Math.max(minTallZoom, (area.width - 2 * margin) / layout.width));
}

function within(offset: number, area: number, content: number): number {
  if (content + 2 * margin <= area) return (area - content) / 2;
  return Math.min(margin, Math.max(area - content - margin, offset));
}
