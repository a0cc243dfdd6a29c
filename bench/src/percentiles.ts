/** Nearest rank; 0 of no samples. */
export function percentile(samples: readonly number[], percent: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? 0;
}

export const median = (samples: readonly number[]): number => percentile(samples, 50);

export const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits));

/** A table row of durations in milliseconds. */
export function latencyRow(what: string, samplesMs: readonly number[]) {
  return {
    what,
    samples: samplesMs.length,
    p50Ms: rounded(percentile(samplesMs, 50)),
    p99Ms: rounded(percentile(samplesMs, 99)),
    maxMs: rounded(Math.max(0, ...samplesMs)),
  };
}
