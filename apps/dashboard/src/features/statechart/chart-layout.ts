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

/** Sizes that the layout reserves and the drawing keeps to, in pixels at 100 %. */
export const sizes = {
  /** Of the name of a state. */
  nameFont: 15,
  /** Of labels, times and internal transitions. */
  labelFont: 12,
  minStateWidth: 116,
  stateHeight: 42,
  /** Left and right of the name: padding, the dot, a gap. */
  stateExtraWidth: 46,
  /** Beside an internal transition's words: padding, its sign, a gap, and its count of up to five characters. */
  internalExtraWidth: 90,
  internalExtraHeight: 4,
  internalLineHeight: 20,
  /** Of the name of a state with states in it, and of the arrow into the first of them. */
  headerHeight: 46,
  compoundPadding: 12,
  labelLineHeight: 15,
  labelExtraWidth: 18,
  labelExtraHeight: 4,
  labelGap: 4,
} as const;
