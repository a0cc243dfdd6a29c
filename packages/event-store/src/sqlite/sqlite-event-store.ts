import { type EventStore, EventStoreUnavailable, type RecordedEvent, type Running } from '@yardmaster/application';
import { createBell } from '../follow.ts';
import { fromPosition, toPosition } from '../number-position.ts';
import { prepareAppend } from '../prepare-append.ts';
import { createAppendQueue } from './append-queue.ts';
import { toRecentBatch, toRecordedEvents } from './event-encoding.ts';
import { openStoreThread, type StoreThread } from './open-store-thread.ts';
import { createRecentEvents } from './recent-events.ts';
import { createSubscriptions } from './subscriptions.ts';
import type { PageReply } from './thread-messages.ts';

export { EventStoreNotOpened, type OpenFailure, openFailures } from './open-database.ts';

/** How often subscribers look for events of other processes when nobody nudges them. */
export const defaultPollIntervalMs = 250;

export interface SqliteEventStoreOptions {
  /** The database file; created when there is none, in a folder that exists. */
  readonly file: string;
  readonly pollIntervalMs?: number;
  /** Called once when the store's thread has ended without being asked to. */
  readonly onEnded?: (error: EventStoreUnavailable) => void;
}

export interface SqliteEventStore extends EventStore {
  /** Another process may have appended: subscribers look now instead of at the next poll. Never throws. */
  nudge(): void;
  /** Calls back after each batch that this instance has written, so that others on the same file can be nudged. */
  onCommit(listener: () => void): Running;
}

/**
 * Opens the event store in a SQLite file, in a thread of its own. Several processes of one machine may have the same
 * file open. Throws {@link EventStoreNotOpened} for a file that is damaged, of a newer version, not writable or foreign.
 *
 * Appends of one turn of the event loop share a transaction and a flush to disk. Subscribers of this instance get what
 * it appends straight from the commit; what other processes append after a nudge, or within `pollIntervalMs`.
 * A full or failing disk throws `EventStoreUnavailable` and loses nothing that was acknowledged; the store goes on as
 * soon as the disk does. If the thread itself ends, every call and subscription throws, and
 * `onEnded` is called: this instance is of no use any more.
 */
export async function openSqliteEventStore(options: SqliteEventStoreOptions): Promise<SqliteEventStore> {
  return createSqliteEventStore(await openStoreThread(options.file), options);
}

/** The store over a thread that is already running; {@link openSqliteEventStore} starts one. */
export function createSqliteEventStore(
  thread: StoreThread,
  { pollIntervalMs = defaultPollIntervalMs, onEnded }: Omit<SqliteEventStoreOptions, 'file'> = {},
): SqliteEventStore {
  const bell = createBell();
  const recent = createRecentEvents(thread.lastPosition);
  const commitListeners = new Set<{ readonly listener: () => void }>();

  const appends = createAppendQueue({
    send: thread.append,
    onWritten(batch, reply) {
      if (reply.lastPosition === reply.previousPosition && reply.lastPosition <= recent.lastPosition) return;
      // Without listeners nobody needs the events; with a gap before them other processes' events are missing.
      if (bell.listeners === 0 || reply.previousPosition !== recent.lastPosition) recent.skipTo(reply.lastPosition);
      else recent.add(toRecentBatch(batch, reply));
      bell.ring();
      for (const { listener } of commitListeners) listener();
    },
  });

  let failure: EventStoreUnavailable | undefined;
  const assertRunning = () => {
    if (failure !== undefined) throw failure;
    if (bell.stopped) throw new EventStoreUnavailable('The event store has been stopped.');
  };

  let looksWanted = 0;
  let isLooking = false;
  const lookForForeignEvents = async (): Promise<void> => {
    if (bell.stopped || bell.listeners === 0) return;
    looksWanted += 1;
    if (isLooking) return;
    isLooking = true;
    // Once more for whoever asked meanwhile: the answer under way may be from before what it was asked about.
    for (let done = 0; done !== looksWanted; ) {
      done = looksWanted;
      try {
        const lastPosition = await thread.ask({ type: 'last-position' });
        if (lastPosition <= recent.lastPosition) continue;
        recent.skipTo(lastPosition);
        bell.ring();
      } catch {
        // The next poll looks again; if the thread has ended, the subscriptions learn it from `ended`.
      }
    }
    isLooking = false;
  };
  const polling = setInterval(() => void lookForForeignEvents(), pollIntervalMs).unref();

  thread.onWritten(appends.settle);
  void thread.ended.then((error) => {
    clearInterval(polling);
    if (error === undefined) return;
    failure = error;
    appends.fail(error);
    bell.fail(error);
    onEnded?.(error);
  });

  /** Reads pages until `limit` events are there or no more follow. */
  const readPages = async (
    limit: number,
    readPage: (left: number, last: RecordedEvent | undefined) => Promise<PageReply>,
  ): Promise<readonly RecordedEvent[]> => {
    assertRunning();
    const events: RecordedEvent[] = [];
    for (let more = limit > 0; more; ) {
      const page = await readPage(limit - events.length, events.at(-1));
      for (const event of toRecordedEvents(page)) events.push(event);
      more = page.more;
    }
    return events;
  };

  let stopping: Promise<void> | undefined;
  const stop = async () => {
    clearInterval(polling);
    bell.stop();
    await appends.idle();
    await thread.close();
  };

  return {
    storeId: thread.storeId,
    async append(stream, expectedRevision, events) {
      assertRunning();
      return appends.append({ stream, expectedRevision, events: prepareAppend(stream, expectedRevision, events) });
    },
    readStream: (stream, { fromRevision = 0, limit = Number.MAX_SAFE_INTEGER } = {}) =>
      readPages(limit, (left, last) =>
        thread.ask({
          type: 'read-stream',
          stream,
          fromRevision: last === undefined ? fromRevision : last.revision + 1,
          limit: left,
        }),
      ),
    readAll: async ({ after, limit }) => {
      const start = fromPosition(after);
      return readPages(limit, (left, last) =>
        thread.ask({ type: 'read-all', after: last === undefined ? start : fromPosition(last.position), limit: left }),
      );
    },
    ...createSubscriptions({ thread, recent, bell }),
    async lastPosition() {
      assertRunning();
      const position = await thread.ask({ type: 'last-position' });
      return position === 0 ? null : toPosition(position);
    },
    comparePositions: (a, b) => fromPosition(a) - fromPosition(b),
    nudge() {
      void lookForForeignEvents();
    },
    onCommit(listener) {
      const entry = { listener };
      commitListeners.add(entry);
      return {
        async stop() {
          commitListeners.delete(entry);
        },
      };
    },
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}
