import { setTimeout as delay } from 'node:timers/promises';
import {
  type AllStreamResolvedEvent,
  BACKWARDS,
  END,
  EventStoreDBClient,
  excludeSystemEvents,
  jsonEvent,
  NO_STREAM,
  START,
} from '@eventstore/db-client';
import type { EventStore, NewEvent, Position } from '@yardmaster/application';
import type { openGroupCommit } from './raw-database.ts';

const pageEvents = 1_000;
const longestDisposeMs = 500;

/** Something that events are appended to and read from: an event store, or what it is compared with. */
export interface Contender {
  readonly name: string;
  /** Of the events the first has this revision; 0 begins the stream. */
  append(stream: string, revision: number, events: readonly NewEvent[]): Promise<void>;
  /** What is appended from now on. */
  fromNow(): Promise<Appended>;
}

interface Appended {
  /** Reads page by page until so many events were there. */
  read(count: number): Promise<void>;
  /** The ids of the events as they are delivered; null where nothing is. Ends when the signal aborts. */
  readonly follow: ((signal: AbortSignal) => AsyncIterable<readonly string[]>) | null;
}

export function eventStore(name: string, store: EventStore): Contender {
  const startAt = (position: Position | null) => (position === null ? {} : { after: position });
  return {
    name,
    async append(stream, revision, events) {
      const appended = await store.append(stream, revision === 0 ? 'no_stream' : revision - 1, events);
      if (!appended.ok) throw new Error('A caller with streams of its own was refused.');
    },
    async fromNow() {
      const start = await store.lastPosition();
      return {
        async read(count) {
          let after = start;
          for (let seen = 0; seen < count; ) {
            const page = await store.readAll({ ...startAt(after), limit: pageEvents });
            seen += page.length;
            after = page.at(-1)?.position ?? after;
          }
        },
        async *follow(signal) {
          for await (const batch of store.subscribeToAll({ ...startAt(start), signal })) {
            yield batch.map(({ metadata }) => metadata.eventId);
          }
        },
      };
    },
  };
}

/** The official client by itself: it neither checks what it is given nor settles what a lost answer meant. */
export function bareClient(name: string, url: string, streamPrefix: string): Contender & AsyncDisposable {
  const client = EventStoreDBClient.connectionString(url);
  return {
    name,
    async append(stream, revision, events) {
      const expectedRevision = revision === 0 ? NO_STREAM : BigInt(revision - 1);
      await client.appendToStream(`${streamPrefix}${stream}`, events.map(toClientEvent), { expectedRevision });
    },
    async fromNow() {
      const start = (await lastOf(client))?.event?.position ?? START;
      return {
        async read(count) {
          let seen = 0;
          for await (const { event } of client.readAll({ fromPosition: start })) {
            if (event === undefined || event.type.startsWith('$') || isAt(start, event.position)) continue;
            seen += 1;
            if (seen === count) break;
          }
        },
        async *follow(signal) {
          const subscription = client.subscribeToAll({ fromPosition: start, filter: excludeSystemEvents() });
          signal.addEventListener('abort', () => void subscription.unsubscribe(), { once: true });
          for await (const { event } of subscription) if (event !== undefined) yield [event.id];
        },
      };
    },
    async [Symbol.asyncDispose]() {
      // The client waits for ever for what it has cancelled itself; its typings hide the connection.
      await Promise.race([client.dispose(), delay(longestDisposeMs, undefined, { ref: false })]);
      (await (client as unknown as { getChannel(): Promise<{ close(): void }> }).getChannel()).close();
    },
  };
}

async function lastOf(client: EventStoreDBClient): Promise<AllStreamResolvedEvent | undefined> {
  const newest = client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 });
  for await (const event of newest) return event;
  return undefined;
}

/** Where a read begins it finds the event again that was the last one before. */
function isAt(start: unknown, position: { readonly commit: bigint }): boolean {
  return typeof start === 'object' && start !== null && 'commit' in start && start.commit === position.commit;
}

const toClientEvent = ({ type, data, metadata }: NewEvent) =>
  // The client's typings know JSON as records only.
  jsonEvent({ id: metadata.eventId, type, data: data as Record<string, unknown>, metadata: { ...metadata } });

/** Rows of the store's own tables, written in transactions by the thread that asks. */
export function bareSqlite(name: string, database: Awaited<ReturnType<typeof openGroupCommit>>): Contender {
  return {
    name,
    append: (stream, revision, events) =>
      database.append(...events.map((event, index) => ({ stream, revision: revision + index, event }))),
    async fromNow() {
      const start = database.lastPosition();
      return {
        async read() {
          database.read(start);
        },
        follow: null,
      };
    },
  };
}
