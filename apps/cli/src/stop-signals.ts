/**
 * One Ctrl-C reaches npm, the bootstrap and us at the same time, and the first two pass it on: what comes within this
 * time of the first is the same request.
 */
const SAME_REQUEST_MS = 1000;

/** `signal` aborts at the first SIGINT or SIGTERM: end in order. `force` aborts at a later one: end at once. */
export type StopSignals = { readonly signal: AbortSignal; readonly force: AbortSignal };

/** Takes over SIGINT and SIGTERM for the rest of the process's life. */
export function listenForStopSignals(): StopSignals {
  const stop = new AbortController();
  const force = new AbortController();
  let firstAt: number | null = null;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      firstAt ??= performance.now();
      if (!stop.signal.aborted) stop.abort(name);
      else if (performance.now() - firstAt > SAME_REQUEST_MS) force.abort(name);
    });
  }
  return { signal: stop.signal, force: force.signal };
}
