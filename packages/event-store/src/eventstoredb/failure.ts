import { EventStoreUnavailable } from '@yardmaster/application';

/**
 * What an error of the client means here.
 *
 * - `wrong-expected-revision`, `stream-not-found`, `too-large`: the server's answer, known and final.
 * - `connection`: the server was not reached, went away or was too slow; trying again may help, and a write that was
 *   under way may or may not have happened.
 * - `unclear`: an answer that the client could not read; treated like `connection`, but not for ever.
 * - `refused`: the server will not do it (no access, deleted stream, bad argument); trying again is pointless.
 */
export type Failure =
  | 'wrong-expected-revision'
  | 'stream-not-found'
  | 'too-large'
  | 'connection'
  | 'unclear'
  | 'refused';

/** Values of `ErrorType` in the client. Matched by text: every error's `name` is "Error", and classes may be copied. */
const byType: ReadonlyMap<unknown, Failure> = new Map<unknown, Failure>([
  ['wrong-expected-version', 'wrong-expected-revision'],
  ['stream-not-found', 'stream-not-found'],
  ['maximum-append-size-exceeded', 'too-large'],
  ['unavailable', 'connection'],
  ['cancelled', 'connection'],
  ['deadline-exceeded', 'connection'],
  ['timeout', 'connection'],
  ['not-leader', 'connection'],
  ['unknown', 'unclear'],
]);

/** gRPC status codes CANCELLED, DEADLINE_EXCEEDED, ABORTED and UNAVAILABLE: some errors reach us as they left gRPC. */
const connectionCodes: ReadonlySet<unknown> = new Set([1, 4, 10, 14]);

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return 'unclear';
  if ('type' in error) return byType.get(error.type) ?? 'refused';
  if ('code' in error && connectionCodes.has(error.code)) return 'connection';
  return 'unclear';
}

/** What callers see. The client's messages hold addresses and stream names, never credentials. */
export function unavailable(doing: string, cause: unknown): EventStoreUnavailable {
  if (cause instanceof EventStoreUnavailable) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EventStoreUnavailable(`EventStoreDB: ${doing} failed: ${reason}`, { cause });
}
