import type { Position as LogPosition } from '@eventstore/db-client';
import { NO_STREAM } from '@eventstore/db-client';
import {
  type Appended,
  type AppendResult,
  EventStoreUnavailable,
  type ExpectedRevision,
  InvalidAppend,
  StreamUnreadable,
} from '@yardmaster/application';
import type { PreparedEvent } from '../prepare-append.ts';
import type { Connection } from './connection.ts';
import { failureOf, unavailable } from './failure.ts';
import { readStreamPages } from './read.ts';
import { logPositionOf, type StoredRecord, sameId, toPosition, toProposed } from './stored-form.ts';

export interface AppendRequest {
  readonly stream: string;
  readonly expectedRevision: ExpectedRevision;
  readonly events: readonly PreparedEvent[];
}

/** More than one, for when the connection was lost but is there again, perhaps to another server of the cluster. */
const maxAppendAttempts = 3;

/** What one call to the server came to. `lost`: it may or may not have been written. */
type Attempt =
  | { readonly kind: 'written'; readonly revision: number; readonly position: LogPosition | undefined }
  | { readonly kind: 'wrong-revision'; readonly actualRevision: ExpectedRevision }
  | { readonly kind: 'lost'; readonly error: unknown };

/**
 * Appends as the port says, whatever the server's own idea of idempotency.
 *
 * The server answers "wrong version" to some repetitions of an append and accepts others, so both a wrong version and a
 * lost answer are settled by what the stream holds after the expected revision: our ids there mean that this append, or
 * an earlier one, was written. Only then is a lost append sent again, and at the same expected revision: that is what
 * keeps it from being doubled, even when the first one is still on its way. (The server does write an id twice when it
 * comes again at the revision that it has now, so the expected revision must never be adjusted here.)
 */
export async function append(connection: Connection, request: AppendRequest): Promise<AppendResult> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryAppend(connection, request);
    if (outcome.kind === 'written') return appended(connection, request, outcome);
    const earlier = await findEarlierAppend(connection, request);
    if (earlier !== undefined) return earlier;
    if (outcome.kind === 'wrong-revision') {
      const { stream, expectedRevision } = request;
      const { actualRevision } = outcome;
      return { ok: false, code: 'wrong-expected-revision', stream, expectedRevision, actualRevision };
    }
    if (attempt === maxAppendAttempts) throw unavailable('appending', outcome.error);
  }
}

async function tryAppend(connection: Connection, { stream, ...request }: AppendRequest): Promise<Attempt> {
  const expectedRevision = request.expectedRevision === 'no_stream' ? NO_STREAM : BigInt(request.expectedRevision);
  // The deadline is the connection string's, 10 s where it names none.
  const options = { expectedRevision, requiresLeader: true } as const;
  try {
    const answer = await connection.client.appendToStream(stream, request.events.map(toProposed), options);
    const revision = Number(answer.nextExpectedRevision);
    if (answer.success) return { kind: 'written', revision, position: answer.position };
    // Instead of an error, where the connection string says `throwOnAppendFailure=false`.
    return { kind: 'wrong-revision', actualRevision: revision < 0 ? 'no_stream' : revision };
  } catch (error) {
    const failure = failureOf(error);
    switch (failure) {
      case 'wrong-expected-revision':
        return { kind: 'wrong-revision', actualRevision: actualRevisionOf(error) };
      case 'too-large':
        // The server's limit is on the whole append (--max-append-size, 1 MiB by default).
        throw new InvalidAppend('The append is larger than the server accepts.', { cause: error });
      case 'connection':
      case 'unclear':
        return { kind: 'lost', error };
      case 'stream-not-found':
      case 'no-access':
      case 'stream-deleted':
      case 'refused':
        throw unavailable('appending', error);
      default:
        return failure satisfies never;
    }
  }
}

/** A bigint, or a word where the stream does not exist. */
function actualRevisionOf(error: unknown): ExpectedRevision {
  const actual = error instanceof Error && 'actualVersion' in error ? error.actualVersion : undefined;
  return typeof actual === 'bigint' ? Number(actual) : 'no_stream';
}

async function appended(
  connection: Connection,
  { stream, expectedRevision, events }: AppendRequest,
  { revision, position }: { readonly revision: number; readonly position: LogPosition | undefined },
): Promise<Appended> {
  if (expectedRevision === 'no_stream' && revision !== events.length - 1) {
    const message = `EventStoreDB: stream "${stream}" was deleted there, and goes on with the numbers of before.`;
    throw new StreamUnreadable(message, { revision: 0 });
  }
  if (events.length === 1 && position !== undefined) return { ok: true, revision, position: toPosition(position) };
  // The position in the answer is that of the write, which is not promised to be that of its last event.
  for await (const [last] of readStreamPages(connection, { stream, fromRevision: revision, limit: 1 })) {
    if (last !== undefined) return appendedAt(last);
  }
  throw new EventStoreUnavailable('EventStoreDB does not show what it has just written.');
}

/** The result of the append that wrote exactly these ids at the expected revision, if there was one. */
async function findEarlierAppend(connection: Connection, request: AppendRequest): Promise<Appended | undefined> {
  const { stream, expectedRevision, events } = request;
  const fromRevision = expectedRevision === 'no_stream' ? 0 : expectedRevision + 1;
  let seen = 0;
  let last: StoredRecord | undefined;
  for await (const page of readStreamPages(connection, { stream, fromRevision, limit: events.length })) {
    if (page.some((record, index) => !sameId(record.id, events[seen + index]?.eventId))) return undefined;
    seen += page.length;
    last = page.at(-1);
  }
  return last !== undefined && seen === events.length ? appendedAt(last) : undefined;
}

const appendedAt = (last: StoredRecord): Appended => ({
  ok: true,
  revision: Number(last.revision),
  position: toPosition(logPositionOf(last)),
});
