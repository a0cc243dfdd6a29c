import type { StateValue } from '../stored-event.ts';

/** The seven statuses that a user sees; the last three are final. */
export const statuses = ['pending', 'queued', 'building', 'running', 'completed', 'failed', 'cancelled'] as const;
export type Status = (typeof statuses)[number];

export const finalStatuses: ReadonlySet<Status> = new Set(['completed', 'failed', 'cancelled']);

const statusOfState: ReadonlyMap<string, Status> = new Map([
  ['pending', 'pending'],
  ['queued', 'queued'],
  ['dispatched', 'queued'],
  ['backingOff', 'queued'],
  ['building', 'building'],
  ['attemptFailed', 'building'],
  ['cancelling', 'building'],
  ['running', 'running'],
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
]);

/**
 * The status of a recorded state value (`metadata.to`). Only the outermost state counts, so steps may come and go. Throws
 * on an outermost state that the build-job machine does not have.
 */
export function statusOf(state: StateValue): Status {
  const top = typeof state === 'string' ? state : Object.keys(state)[0];
  const status = top === undefined ? undefined : statusOfState.get(top);
  if (status === undefined) throw new Error(`The build-job machine has no state "${JSON.stringify(state)}".`);
  return status;
}
