import { type Box, sizes } from '../src/features/statechart/chart-layout.ts';
import type { ChartEdge, ChartState, ChartTransition } from '../src/features/statechart/graph.ts';
import { labelLines } from '../src/features/statechart/labels.ts';
import { textWidth } from './text-width.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Of a state without states in it. */
export function leafSize(state: ChartState): Size {
  const { internal } = state;
  return {
    width: Math.max(
      sizes.minStateWidth,
      textWidth(state.name, sizes.nameFont) + sizes.stateExtraWidth,
      ...internal.map(internalWidth),
    ),
    height:
      sizes.stateHeight +
      (internal.length === 0 ? 0 : sizes.internalExtraHeight) +
      internal.length * sizes.internalLineHeight,
  };
}

/** That a state with states in it needs for its name and its internal transitions. */
export function headerWidth({ name, internal }: ChartState): number {
  return Math.max(textWidth(name, sizes.nameFont) + sizes.stateExtraWidth, ...internal.map(internalWidth));
}

/** Above the states that are in a state. */
export function headerHeight({ internal }: ChartState): number {
  return sizes.headerHeight + internal.length * sizes.internalLineHeight;
}

function internalWidth(transition: ChartTransition): number {
  return textWidth(transition.event, sizes.labelFont) + sizes.internalExtraWidth;
}

/** Of all labels of an edge, one below the other. */
export function labelBlockSize({ transitions }: ChartEdge): Size {
  const labels = transitions.map(labelSize);
  return {
    width: Math.max(...labels.map(({ width }) => width)),
    height: labels.reduce((sum, { height }) => sum + height + sizes.labelGap, -sizes.labelGap),
  };
}

/** The labels of an edge, centred in the room that was kept for them. */
export function labelsOf({ transitions }: ChartEdge, room: Pick<Box, 'x' | 'y' | 'width'>): Record<string, Box> {
  const labels: Record<string, Box> = {};
  let { y } = room;
  for (const transition of transitions) {
    const size = labelSize(transition);
    labels[transition.id] = { x: room.x + (room.width - size.width) / 2, y, ...size };
    y += size.height + sizes.labelGap;
  }
  return labels;
}

function labelSize(transition: ChartTransition): Size {
  const lines = labelLines(transition);
  return {
    width: Math.max(...lines.map((line) => textWidth(line, sizes.labelFont))) + sizes.labelExtraWidth,
    height: lines.length * sizes.labelLineHeight + sizes.labelExtraHeight,
  };
}
