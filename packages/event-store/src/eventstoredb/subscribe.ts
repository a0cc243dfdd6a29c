import type { AllStreamSubscription, StreamSubscription } from '@eventstore/db-client';
import type { EventBatch } from '@yardmaster/application';
import { type Backoff, backOff } from './backoff.ts';
import type { Connection } from './connection.ts';
import { failureOf, unavailable } from './failure.ts';
import { recordOf, type StoredRecord } from './stored-form.ts';

/** Events that wait for a slow reader; beyond them the server is made to wait, and rereads its log later. */
export const maxBufferedEvents = 256;
const maxBatchEvents = 500;
/** Short, since whoever writes waits to read it: the server is back before its subscribers are. */
const backoff: Backoff = { firstMs: 50, maxMs: 1_000 };
/** A connection that held so long was sound: the next loss starts the back-off afresh. */
const settledAfterMs = 10_000;
/** A lost connection is waited for without end; an answer that nobody understands so often in a row only. */
const maxUnclearFailures = 5;

type LiveEvents = AllStreamSubscription | StreamSubscription;

export interface FollowLogOptions {
  readonly connection: Connection;
  /** Opens a subscription that starts after the record `last`, or where the reader wanted to start. */
  readonly open: (last: StoredRecord | undefined) => LiveEvents;
  readonly toEvents: (records: readonly StoredRecord[]) => EventBatch;
  readonly signal: AbortSignal;
}

/**
 * Yields every event once and in order, over any number of connections.
 *
 * The server sends stored and new events over one call, without saying where the ones end and the others begin. When
 * the call breaks, the next one starts after the last record that the reader was given; what had been received but not
 * handed over is received again. Ends when the signal aborts; throws when the server refuses.
 */
export async function* followLog({
  connection,
  open,
  toEvents,
  signal,
}: FollowLogOptions): AsyncGenerator<EventBatch, void, undefined> {
  let last: StoredRecord | undefined;
  let failures = 0;
  let unclearFailures = 0;
  while (!signal.aborted) {
    const openedAt = performance.now();
    let cause: unknown;
    try {
      for await (const records of receive(open(last), AbortSignal.any([signal, connection.left]))) {
        failures = 0;
        unclearFailures = 0;
        last = records.at(-1);
        const events = toEvents(records);
        if (events.length > 0) yield events;
        if (signal.aborted) return;
      }
    } catch (error) {
      cause = error;
    }
    if (signal.aborted) return;
    if (performance.now() - openedAt > settledAfterMs) failures = 0;
    failures += 1;
    const failure = cause === undefined ? 'connection' : failureOf(cause);
    unclearFailures = failure === 'unclear' ? unclearFailures + 1 : 0;
    const mayHelp = failure === 'connection' || (failure === 'unclear' && unclearFailures < maxUnclearFailures);
    if (!mayHelp) throw unavailable('a subscription', cause);
    await backOff(backoff, failures, signal);
  }
}

/** Everything that one call receives, in batches as large as what is there; throws what ended the call. */
async function* receive(live: LiveEvents, signal: AbortSignal): AsyncGenerator<StoredRecord[], void, undefined> {
  let failure: unknown;
  let over = false;
  let wake = () => {};
  const end = (error?: unknown) => {
    failure ??= error;
    over = true;
    wake();
  };
  const abort = () => end();
  // The listeners stay: the client may report an error after we have left, which would otherwise end the process.
  live.on('error', end);
  live.on('end', abort);
  live.on('close', abort);
  live.on('readable', () => wake());
  signal.addEventListener('abort', abort);
  try {
    while (!signal.aborted) {
      const records = takeBuffered(live);
      if (records.length > 0) yield records;
      else if (over) break;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    if (failure !== undefined) throw failure;
  } finally {
    signal.removeEventListener('abort', abort);
    live.destroy();
    // Not awaited: it waits for the call to exist, and fails when it never will.
    live.unsubscribe().catch(() => undefined);
  }
}

function takeBuffered(live: LiveEvents): StoredRecord[] {
  const records: StoredRecord[] = [];
  while (records.length < maxBatchEvents) {
    const resolved = live.read();
    if (resolved === null) break;
    records.push(recordOf(resolved));
  }
  return records;
}
