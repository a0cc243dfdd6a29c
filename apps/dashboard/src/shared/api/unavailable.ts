const listeners = new Set<() => void>();

/** Calls back when the server has answered that it cannot do something just now; returns how to stop listening. */
export function onUnavailable(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Takes note of the status of an answer, whoever asked. */
export function noteStatus(status: number): void {
  if (status !== 503) return;
  for (const listener of listeners) listener();
}
