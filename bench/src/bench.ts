/** What every bench is told. */
export interface BenchOptions {
  /** A fraction of the samples, to see whether the bench works. Its figures say little. */
  readonly quick: boolean;
  /** Aborts between two samples; everything that was started is stopped. */
  readonly signal: AbortSignal;
}

/** What the product promises of a figure, and whether it was kept in this run. */
export interface Aim {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly met: boolean;
}

type Figure = string | number;

export interface BenchReport {
  /** Rows of one short table; the references are rows or columns of it. */
  readonly table: readonly Readonly<Record<string, Figure>>[];
  /** What the table means, where its names do not say it. */
  readonly notes: readonly string[];
  readonly aims: readonly Aim[];
}

/** Bounded in time; whatever it started has ended and whatever it wrote is gone when it settles. */
export type Bench = (options: BenchOptions) => Promise<BenchReport>;

export function aimBelow(what: string, limit: number, unit: string, measured: number): Aim {
  return { what, wanted: `< ${limit} ${unit}`, measured: `${measured} ${unit}`, met: measured < limit };
}

export function aimAtLeast(what: string, limit: number, measured: number): Aim {
  return { what, wanted: `≥ ${limit}`, measured: String(measured), met: measured >= limit };
}
