/**
 * Exponential back-off with full jitter, after "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015): the delay
 * is drawn evenly between a floor and base × 2^(attempt − 1), so that builds which failed together do not return together.
 */
export const retryBaseDelayMs = 2_000;
export const retryMaxDelayMs = 60_000;
export const retryMinDelayMs = 250;

/** Attempts that a build may take, the first included. */
export const defaultMaxAttempts = 3;

/** Milliseconds to wait after `attempt` failed; `random` in [0, 1). */
export function retryDelayMs({ attempt, random }: { readonly attempt: number; readonly random: number }): number {
  const ceilingMs = Math.min(retryMaxDelayMs, retryBaseDelayMs * 2 ** (attempt - 1));
  return Math.round(retryMinDelayMs + random * (ceilingMs - retryMinDelayMs));
}
