import type {
  AllStreamResolvedEvent,
  EventStoreDBClient,
  Position as LogPosition,
  ResolvedEvent,
} from '@eventstore/db-client';
import { BACKWARDS, END, START } from '@eventstore/db-client';
import { EventStoreUnavailable, StreamUnreadable } from '@yardmaster/application';
import { type Backoff, backOff } from './backoff.ts';
import type { Connection } from './connection.ts';
import { failureOf, unavailable } from './failure.ts';
import { compareLogPositions, logPositionOf, recordOf, type StoredRecord } from './stored-form.ts';

/** Events per request. Events are at most 1 MB each, so this also bounds the memory that one page takes. */
const maxPageEvents = 500;
/** Small requests for $all are widened, since most of what a quiet server stores is its own statistics. */
const minAllPageEvents = 64;
/** Between one event and the next, which takes milliseconds; the client itself sets no limit on reads. */
const readTimeoutMs = 15_000;
/** The second attempt finds a new connection, if there is one to be had; the third, where another server leads now. */
const maxReadAttempts = 4;
const backoff: Backoff = { firstMs: 50, maxMs: 200 };

/** Reads by one leader only, so that a read sees every append that was answered before. */
const options = { requiresLeader: true } as const;

export type StreamPages = AsyncGenerator<StoredRecord[], void, undefined>;

/**
 * The records of a stream from a revision on, at most `limit`; nothing where there is no such stream. Throws where the
 * first of them are missing: a deleted stream goes on with its old numbers, and one whose settings say so forgets.
 */
export async function* readStreamPages(
  connection: Connection,
  { stream, fromRevision, limit }: { readonly stream: string; readonly fromRevision: number; readonly limit: number },
): StreamPages {
  let next = fromRevision;
  for (let left = limit; left > 0; ) {
    const maxCount = Math.min(left, maxPageEvents);
    const from = BigInt(next);
    const page = await readPage(connection, (client) =>
      client.readStream(stream, { ...options, fromRevision: from, maxCount }),
    );
    const [first, last] = [page[0], page.at(-1)];
    if (first !== undefined && first.revision !== from) {
      const message = `EventStoreDB: stream "${stream}" has lost its events before ${first.revision}.`;
      throw new StreamUnreadable(message, { revision: next });
    }
    if (page.length > 0) yield page;
    if (last === undefined || page.length < maxCount) return;
    next = Number(last.revision) + 1;
    left -= page.length;
  }
}

/** Every record of the store after a position, in pages, for as long as the reader asks and there are more. */
export async function* readAllPages(
  connection: Connection,
  { after, wanted }: { readonly after: LogPosition | typeof START; readonly wanted: number },
): StreamPages {
  // One more than wanted: unlike a subscription, a read returns the event at the position where it starts.
  const maxCount = Math.min(Math.max(wanted + 1, minAllPageEvents), maxPageEvents);
  for (let cursor = after; ; ) {
    const from = cursor;
    const page = await readPage(connection, (client) => client.readAll({ ...options, fromPosition: from, maxCount }));
    const fresh = page.filter((record) => from === START || compareLogPositions(logPositionOf(record), from) > 0);
    if (fresh.length > 0) yield fresh;
    const last = page.at(-1);
    if (last === undefined || page.length < maxCount) return;
    cursor = logPositionOf(last);
  }
}

/** Every record of the store, the last one first. The first page is small: what is wanted is mostly near the end. */
export async function* readAllPagesBackwards(connection: Connection): StreamPages {
  let cursor: LogPosition | undefined;
  for (;;) {
    const from = cursor;
    const maxCount = from === undefined ? minAllPageEvents : maxPageEvents;
    const page = await readPage(connection, (client) =>
      client.readAll({ ...options, direction: BACKWARDS, fromPosition: from ?? END, maxCount }),
    );
    const fresh = page.filter((record) => from === undefined || compareLogPositions(logPositionOf(record), from) < 0);
    if (fresh.length > 0) yield fresh;
    const last = fresh.at(-1);
    if (last === undefined || page.length < maxCount) return;
    cursor = logPositionOf(last);
  }
}

type Resolved = ResolvedEvent | AllStreamResolvedEvent;

interface Reading extends AsyncIterable<Resolved> {
  on(event: 'error', listener: () => void): unknown;
  destroy(error: Error): unknown;
  cancel(): Promise<void>;
}

async function readPage(
  connection: Connection,
  open: (client: EventStoreDBClient) => Reading,
): Promise<StoredRecord[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await readToEnd(open(connection.client), connection.closed)).map(recordOf);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === 'stream-not-found') return [];
      const mayHelp = (failure === 'connection' || failure === 'unclear') && !(error instanceof EventStoreUnavailable);
      if (!mayHelp || attempt === maxReadAttempts) throw unavailable('reading', error);
      await backOff(backoff, attempt, connection.closed);
    }
  }
}

/**
 * Everything that one call reads. Whoever gives up destroys the call with an error of its own: the client ends what it
 * cancels as if that were all there is. What is given up is not worth another attempt.
 */
async function readToEnd(reading: Reading, closed: AbortSignal): Promise<readonly Resolved[]> {
  // The client may report an error once more after the reader has left, which would otherwise end the process.
  reading.on('error', () => undefined);
  const stop = () => void reading.destroy(new EventStoreUnavailable('The event store has been stopped.'));
  const timeout = setTimeout(() => {
    reading.destroy(unavailable('reading', new Error(`no answer within ${readTimeoutMs / 1_000} s`)));
  }, readTimeoutMs);
  closed.addEventListener('abort', stop);
  if (closed.aborted) stop();
  try {
    const records: Resolved[] = [];
    for await (const resolved of reading) {
      records.push(resolved);
      timeout.refresh();
    }
    return records;
  } catch (error) {
    // Not awaited: it waits for the call to exist, and fails when it never will.
    reading.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timeout);
    closed.removeEventListener('abort', stop);
  }
}
