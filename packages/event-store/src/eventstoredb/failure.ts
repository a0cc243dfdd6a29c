import { EventStoreUnavailable, StreamUnreadable } from '@yardmaster/application';

/**
 * What an error of the client means here.
 *
 * - `wrong-expected-revision`, `stream-not-found`, `too-large`: the server's answer, known and final.
 * - `connection`: the server was not reached, does not lead, went away or was too slow; trying again may help, and a
 *   write that was under way may or may not have happened.
 * - `unclear`: an answer that the client could not read; treated like `connection`, but not for ever.
 * - `no-access`, `stream-deleted`, `refused`: the server will not do it; trying again is pointless.
 */
export type Failure =
  | 'wrong-expected-revision'
  | 'stream-not-found'
  | 'too-large'
  | 'connection'
  | 'unclear'
  | 'no-access'
  | 'stream-deleted'
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
  ['access-denied', 'no-access'],
  ['stream-deleted', 'stream-deleted'],
]);

/** gRPC status codes: some errors reach us as they left gRPC, and the client calls those it does not know "unknown". */
const byCode: ReadonlyMap<unknown, Failure> = new Map<unknown, Failure>([
  [1, 'connection'], // CANCELLED
  [3, 'refused'], // INVALID_ARGUMENT
  [4, 'connection'], // DEADLINE_EXCEEDED
  [7, 'no-access'], // PERMISSION_DENIED
  [10, 'connection'], // ABORTED
  [12, 'refused'], // UNIMPLEMENTED
  [14, 'connection'], // UNAVAILABLE
  [16, 'no-access'], // UNAUTHENTICATED
]);

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return 'unclear';
  if ('type' in error && error.type !== 'unknown') return byType.get(error.type) ?? 'refused';
  return ('code' in error && byCode.get(error.code)) || 'unclear';
}

/** What callers see. The client's messages hold addresses and stream names, never credentials. */
export function unavailable(doing: string, cause: unknown): EventStoreUnavailable {
  if (cause instanceof EventStoreUnavailable) return cause;
  const message = `EventStoreDB: ${doing} failed: ${reasonOf(cause)}`;
  if (failureOf(cause) === 'stream-deleted') return new StreamUnreadable(message, { revision: 0, cause });
  return new EventStoreUnavailable(message, { cause });
}

function reasonOf(cause: unknown): string {
  // The client says the same again as a "resolution note".
  const message = (cause instanceof Error ? cause.message : String(cause)).replace(/\. Resolution note:.*$/s, '');
  switch (failureOf(cause)) {
    case 'no-access':
      return `the server refuses access, since user or password are wrong or the user may not do this (${message})`;
    case 'stream-deleted':
      return `the stream was deleted on the server, for good (${message})`;
    default:
      return message;
  }
}
