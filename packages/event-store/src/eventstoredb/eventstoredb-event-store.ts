import { excludeSystemEvents, START, streamNameFilter } from '@eventstore/db-client';
import { type EventStore, EventStoreUnavailable, type RecordedEvent } from '@yardmaster/application';
import { prepareAppend } from '../prepare-append.ts';
import { append } from './append.ts';
import { connect } from './connection.ts';
import { readAllPages, readAllPagesBackwards, readStreamPages } from './read.ts';
import { identifyStore } from './store-identity.ts';
import { compareLogPositions, fromPosition, logPositionOf, type StoredRecord, toRecorded } from './stored-form.ts';
import { followLog, maxBufferedEvents } from './subscribe.ts';

export interface EventStoreDbOptions {
  /** A connection string, `esdb://127.0.0.1:2113?tls=false`. Never logged: it may hold a password. */
  readonly url: string;
  /**
   * For a server that is shared: every stream is called `<prefix><stream>` there, and nothing else is seen. Letters and
   * digits and a dash at the end, so that no prefix is the beginning of another. A store without a prefix sees the
   * streams of those with one.
   */
  readonly streamPrefix?: string;
  /** Writes nothing where nobody has opened a store yet, and rejects. False by default. */
  readonly mustExist?: boolean;
}

const streamPrefixForm = /^([A-Za-z][A-Za-z0-9]{0,31}-)?$/;

/**
 * Opens an event store on an EventStoreDB server, version 22.6 or later.
 *
 * Everything of the port holds. What other programs and the server itself store is not seen. A call that finds the
 * connection lost, or a server that does not lead, tries a few times more, and throws EventStoreUnavailable when that
 * does not help within a second or two; a server that is connected and silent is given 15 s for a read and 25 s for an
 * append. A subscription waits for the server. Refused access is final for both, and so is
 * a stream that somebody deleted or truncated on the server.
 * Rejects with EventStoreUnavailable when the server cannot be reached or refuses access, with a plain Error when it is too
 * old or its streams are another program's, and with a RangeError for a bad prefix.
 */
export async function openEventStoreDb({
  url,
  streamPrefix = '',
  mustExist = false,
}: EventStoreDbOptions): Promise<EventStore> {
  if (!streamPrefixForm.test(streamPrefix)) throw new RangeError(`"${streamPrefix}" is no prefix of stream names.`);
  const connection = connect(url);
  const { client } = connection;
  const identity = await identifyStore(connection, { streamPrefix, mustExist }).catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });
  // A server that is shared may hold much before our first event, and would be searched through for it.
  const beginning = streamPrefix === '' ? START : identity.position;
  const toEvents = (records: readonly StoredRecord[]) => toRecorded(records, streamPrefix);
  const stopping = new AbortController();
  const appendsUnderWay = new Set<Promise<unknown>>();
  const assertRunning = () => {
    if (stopping.signal.aborted) throw new EventStoreUnavailable('The event store has been stopped.');
  };
  const untilStopped = (signal: AbortSignal | undefined) =>
    AbortSignal.any(signal === undefined ? [stopping.signal] : [stopping.signal, signal]);

  return {
    storeId: identity.storeId,
    async append(stream, expectedRevision, newEvents) {
      assertRunning();
      const events = prepareAppend(stream, expectedRevision, newEvents);
      const appending = append(connection, { stream: `${streamPrefix}${stream}`, expectedRevision, events });
      appendsUnderWay.add(appending);
      try {
        const result = await appending;
        return result.ok ? result : { ...result, stream };
      } finally {
        appendsUnderWay.delete(appending);
      }
    },
    async readStream(stream, { fromRevision = 0, limit = Number.POSITIVE_INFINITY } = {}) {
      assertRunning();
      const events: RecordedEvent[] = [];
      for await (const page of readStreamPages(connection, {
        stream: `${streamPrefix}${stream}`,
        fromRevision,
        limit,
      })) {
        for (const event of toEvents(page)) events.push(event);
      }
      return events;
    },
    async readAll({ after, limit }) {
      assertRunning();
      const events: RecordedEvent[] = [];
      if (limit <= 0) return events;
      const start = after === undefined ? beginning : fromPosition(after);
      for await (const page of readAllPages(connection, { after: start, wanted: limit })) {
        for (const event of toEvents(page)) events.push(event);
        if (events.length >= limit) break;
      }
      return events.slice(0, limit);
    },
    subscribeToAll({ after, signal } = {}) {
      const start = after === undefined ? beginning : fromPosition(after);
      // Spares the wire the server's statistics, of which a quiet server stores more than of anything else.
      const filter = streamPrefix === '' ? excludeSystemEvents() : streamNameFilter({ prefixes: [streamPrefix] });
      return followLog({
        connection,
        open: (last) =>
          client.subscribeToAll(
            { fromPosition: last === undefined ? start : logPositionOf(last), filter },
            { highWaterMark: maxBufferedEvents },
          ),
        toEvents,
        signal: untilStopped(signal),
      });
    },
    subscribeToStream(stream, { afterRevision = -1, signal } = {}) {
      const start = afterRevision < 0 ? START : BigInt(afterRevision);
      return followLog({
        connection,
        open: (last) =>
          client.subscribeToStream(
            `${streamPrefix}${stream}`,
            { fromRevision: last === undefined ? start : last.revision },
            { highWaterMark: maxBufferedEvents },
          ),
        toEvents,
        signal: untilStopped(signal),
      });
    },
    async lastPosition() {
      assertRunning();
      for await (const page of readAllPagesBackwards(connection)) {
        const [last] = toEvents(page);
        if (last !== undefined) return last.position;
        const [oldest] = page.slice(-1).map(logPositionOf);
        if (beginning !== START && oldest !== undefined && compareLogPositions(oldest, beginning) < 0) break;
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
