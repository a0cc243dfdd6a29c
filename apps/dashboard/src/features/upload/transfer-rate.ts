/** How much had been sent at a moment. */
export interface Sample {
  readonly atMs: number;
  readonly sent: number;
}

export interface Estimate {
  readonly bytesPerSecond: number;
  readonly timeLeftMs: number;
}

/** The speed is that of so long; shorter jumps about, longer lags behind a network that changed. */
const windowMs = 5_000;
/** Before, a speed would be a guess. */
const minSpanMs = 800;

/** Adds a sample and forgets what the window no longer needs: at least one as old as the window stays. */
export function withSample(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  const from = sample.atMs - windowMs;
  const firstInside = samples.findIndex(({ atMs }) => atMs >= from);
  const kept = firstInside === -1 ? samples.slice(-1) : samples.slice(Math.max(0, firstInside - 1));
  return [...kept, sample];
}

/** Null while too little is known, and when nothing moves. */
export function estimateOf(samples: readonly Sample[], totalBytes: number): Estimate | null {
  const first = samples[0];
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs - first.atMs < minSpanMs) return null;
  const bytesPerSecond = ((last.sent - first.sent) / (last.atMs - first.atMs)) * 1_000;
  if (bytesPerSecond <= 0) return null;
  return { bytesPerSecond, timeLeftMs: (Math.max(0, totalBytes - last.sent) / bytesPerSecond) * 1_000 };
}
