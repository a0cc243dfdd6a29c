/** Where everything of a chart lies: computed when the dashboard is built, drawn as it is. Lengths in pixels at 100 %. */
export interface ChartLayout {
  readonly width: number;
  readonly height: number;
  /** Of the states, by id, from the corner of the chart. */
  readonly states: Readonly<Record<string, Box>>;
  /** By the id of the edge. */
  readonly edges: Readonly<Record<string, readonly Point[]>>;
  /** Of the transitions that have a line, by id. */
  readonly labels: Readonly<Record<string, Box>>;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Point = readonly [x: number, y: number];

/** Sizes that the layout reserves and the drawing keeps to. */
export const sizes = {
  /** Of the name of a state. */
  nameFont: 14,
  /** Of labels, times and internal transitions. */
  labelFont: 12,
  stateHeight: 44,
  /** Left and right of the name: padding, the dot, a gap. */
  stateExtraWidth: 46,
  internalLineHeight: 20,
  /** Beside an internal transition's words: padding, its sign, a gap, its count. */
  internalExtraWidth: 66,
  headerHeight: 34,
  labelLineHeight: 16,
  labelExtraWidth: 18,
  labelExtraHeight: 4,
  labelGap: 4,
} as const;
