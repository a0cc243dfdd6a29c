import type { ChartTransition } from './graph.ts';

/** What the chart writes at a transition: "step started", and on a line of its own what must be true: "[extract]". */
export function labelLines({ event, deciding }: ChartTransition): readonly string[] {
  return deciding === null ? [event] : [event, `[${deciding}]`];
}
