import { excludeSystemEvents, START } from '@eventstore/db-client';
import { type EventStore, EventStoreUnavailable, type RecordedEvent } from '@yardmaster/application';
import { prepareAppend } from '../prepare-append.ts';
import { append } from './append.ts';
import { connect } from './connection.ts';
import { readAllPages, readAllPagesBackwards, readStreamPages } from './read.ts';
import { identifyStore } from './store-identity.ts';
import { compareLogPositions, fromPosition, logPositionOf, toRecorded } from './stored-form.ts';
import { followLog, maxBufferedEvents } from './subscribe.ts';

export interface EventStoreDbOptions {
  /** A connection string, `esdb://127.0.0.1:2113?tls=false`. Never logged: it may hold a password. */
  readonly url: string;
}

/**
 * Opens an event store on an EventStoreDB server, version 22.6 or later.
 *
 * Everything of the port holds, with the server's own limits beside it: an append is refused as InvalidAppend when all
 * its events together exceed the server's `--max-append-size` (1 MiB by default). What other programs and the server
 * itself store is not seen. A call that finds the connection lost tries once more, and throws EventStoreUnavailable
 * when the server is still not there; a subscription waits for it.
 * Rejects with EventStoreUnavailable when the server cannot be reached.
 */
export async function openEventStoreDb({ url }: EventStoreDbOptions): Promise<EventStore> {
  const connection = connect(url);
  const { client } = connection;
  const storeId = await identifyStore(connection).catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });
  const stopping = new AbortController();
  const appendsUnderWay = new Set<Promise<unknown>>();
  const assertRunning = () => {
    if (stopping.signal.aborted) throw new EventStoreUnavailable('The event store has been stopped.');
  };
  const untilStopped = (signal: AbortSignal | undefined) =>
    AbortSignal.any(signal === undefined ? [stopping.signal] : [stopping.signal, signal]);

  return {
    storeId,
    async append(stream, expectedRevision, newEvents) {
      assertRunning();
      const events = prepareAppend(stream, expectedRevision, newEvents);
      const appending = append(connection, { stream, expectedRevision, events });
      appendsUnderWay.add(appending);
      try {
        return await appending;
      } finally {
        appendsUnderWay.delete(appending);
      }
    },
    async readStream(stream, { fromRevision = 0, limit = Number.POSITIVE_INFINITY } = {}) {
      assertRunning();
      const events: RecordedEvent[] = [];
      for await (const page of readStreamPages(connection, { stream, fromRevision, limit })) {
        for (const event of toRecorded(page)) events.push(event);
      }
      return events;
    },
    async readAll({ after, limit }) {
      assertRunning();
      const events: RecordedEvent[] = [];
      if (limit <= 0) return events;
      const start = after === undefined ? undefined : fromPosition(after);
      for await (const page of readAllPages(connection, { after: start, wanted: limit })) {
        for (const event of toRecorded(page)) events.push(event);
        if (events.length >= limit) break;
      }
      return events.slice(0, limit);
    },
    subscribeToAll({ after, signal } = {}) {
      const start = after === undefined ? START : fromPosition(after);
      // Spares the wire the server's statistics, of which a quiet server stores more than of anything else.
      const filter = excludeSystemEvents();
      return followLog({
        open: (last) =>
          client.subscribeToAll(
            { fromPosition: last === undefined ? start : logPositionOf(last), filter },
            { highWaterMark: maxBufferedEvents },
          ),
        signal: untilStopped(signal),
      });
    },
    subscribeToStream(stream, { afterRevision = -1, signal } = {}) {
      const start = afterRevision < 0 ? START : BigInt(afterRevision);
      return followLog({
        open: (last) =>
          client.subscribeToStream(
            stream,
            { fromRevision: last === undefined ? start : last.revision },
            { highWaterMark: maxBufferedEvents },
          ),
        signal: untilStopped(signal),
      });
    },
    async lastPosition() {
      assertRunning();
      for await (const page of readAllPagesBackwards(connection)) {
        const [last] = toRecorded(page);
        if (last !== undefined) return last.position;
      }
      return null;
    },
    comparePositions: (a, b) => compareLogPositions(fromPosition(a), fromPosition(b)),
    async stop() {
      stopping.abort();
      await Promise.allSettled(appendsUnderWay);
      await connection.close();
    },
  };
}
