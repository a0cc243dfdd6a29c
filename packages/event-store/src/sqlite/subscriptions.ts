import type { EventBatch, EventStore } from '@yardmaster/application';
import { type Bell, follow } from '../follow.ts';
import { fromPosition } from '../number-position.ts';
import { toRecordedEvents } from './event-encoding.ts';
import type { StoreThread } from './open-store-thread.ts';
import { maxPageEvents } from './read-pages.ts';
import type { RecentEvents } from './recent-events.ts';

export interface SubscriptionSources {
  readonly thread: StoreThread;
  readonly recent: RecentEvents;
  readonly bell: Bell;
}

/**
 * The subscriptions of a SQLite store. Each is a cursor: it takes what comes next from the recent events in memory,
 * and where these do not reach back to it, a page from the store. So a slow subscriber holds no memory, and there is
 * no switch from stored to live events at which one could be lost or doubled.
 */
export function createSubscriptions({
  thread,
  recent,
  bell,
}: SubscriptionSources): Pick<EventStore, 'subscribeToAll' | 'subscribeToStream'> {
  return {
    subscribeToAll({ after, signal } = {}) {
      let cursor = fromPosition(after);
      // Other processes may have written since the last poll, so a new subscription looks into the store first.
      let hasRead = false;
      const readPage = async (): Promise<EventBatch> => {
        const known = recent.lastPosition;
        const page = await thread.ask({ type: 'read-all', after: cursor, limit: maxPageEvents });
        if (page.fields.length === 0) cursor = Math.max(cursor, known);
        hasRead = true;
        return toRecordedEvents(page);
      };
      const next = async (): Promise<EventBatch> => {
        const events = (hasRead ? recent.after(cursor) : undefined) ?? (await readPage());
        const last = events.at(-1);
        if (last !== undefined) cursor = fromPosition(last.position);
        return events;
      };
      return follow({ bell, signal, next });
    },

    subscribeToStream(stream, { afterRevision = -1, signal } = {}) {
      let nextRevision = afterRevision + 1;
      /** All of the stream up to this position has been delivered; undefined while the store must be asked. */
      let deliveredUpTo: number | undefined;
      const readPage = async (): Promise<EventBatch> => {
        const known = recent.lastPosition;
        const limit = maxPageEvents;
        const page = await thread.ask({ type: 'read-stream', stream, fromRevision: nextRevision, limit });
        deliveredUpTo = page.fields.length === 0 ? known : undefined;
        return toRecordedEvents(page);
      };
      const next = async (): Promise<EventBatch> => {
        for (;;) {
          const all = deliveredUpTo === undefined ? undefined : recent.after(deliveredUpTo);
          if (all?.length === 0) return all;
          const lastOfAll = all?.at(-1);
          if (lastOfAll !== undefined) deliveredUpTo = fromPosition(lastOfAll.position);
          const ofStream = all?.filter((event) => event.stream === stream && event.revision >= nextRevision);
          const events = ofStream ?? (await readPage());
          const last = events.at(-1);
          if (last === undefined) continue;
          nextRevision = last.revision + 1;
          return events;
        }
      };
      return follow({ bell, signal, next });
    },
  };
}
