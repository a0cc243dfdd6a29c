/** How long something may take, but for time that is not counted. */
export interface TimeLimit {
  /** Aborts when the time is up, or when the attempt is stopped. */
  readonly signal: AbortSignal;
  /** Gives so much time back. */
  giveBack(ms: number): void;
}

export type Outcome<Result> =
  | { readonly status: 'done'; readonly result: Result }
  /** The attempt was stopped while it was tried. */
  | { readonly status: 'stopped' }
  | { readonly status: 'failed'; readonly error: unknown };

/** Does something that may take so long at most. Never rejects. */
export async function tryTo<Result>(
  work: (limit: TimeLimit) => Promise<Result>,
  timeoutMs: number,
  stopped: AbortSignal,
): Promise<Outcome<Result>> {
  const timeout = new AbortController();
  let dueMs = performance.now() + timeoutMs;
  let timer = setTimeout(look, timeoutMs);
  function look(): void {
    const leftMs = dueMs - performance.now();
    if (leftMs > 0) timer = setTimeout(look, leftMs);
    else timeout.abort();
  }
  const limit = {
    signal: AbortSignal.any([stopped, timeout.signal]),
    giveBack(ms: number) {
      dueMs += ms;
    },
  };
  try {
    return { status: 'done', result: await work(limit) };
  } catch (error) {
    return stopped.aborted ? { status: 'stopped' } : { status: 'failed', error };
  } finally {
    clearTimeout(timer);
  }
}
