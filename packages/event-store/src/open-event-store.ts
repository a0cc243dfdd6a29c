import { stat } from 'node:fs/promises';
import type { EventStore, EventStoreUnavailable } from '@yardmaster/application';
import type { SqliteEventStore } from './sqlite/sqlite-event-store.ts';

export interface OpenEventStoreOptions {
  /** Called once when the store has ended without being asked to; see `openSqliteEventStore`. */
  readonly onEnded?: (error: EventStoreUnavailable) => void;
  /** Makes no store where there is none, and rejects. False by default. */
  readonly mustExist?: boolean;
}

/** How the schemes of EventStoreDB connection strings begin, also under its later name. */
const serverScheme = /^(esdb|kurrentdb)(\+discover)?:\/\//i;

/** Whether a location is a connection string of EventStoreDB; anything else is the path of a SQLite file. */
export const isServerLocation = (location: string): boolean => serverScheme.test(location);

/**
 * Opens the event store at a location: a connection string of EventStoreDB (`esdb://…`), or the path of a SQLite file,
 * which is made when there is none unless it must exist. Rejects as the two adapters do. An adapter is loaded only where it is used: the client
 * of EventStoreDB takes tens of megabytes.
 */
export async function openEventStore(
  location: string,
  { onEnded, mustExist = false }: OpenEventStoreOptions = {},
): Promise<EventStore | SqliteEventStore> {
  if (isServerLocation(location)) {
    const { openEventStoreDb } = await import('./eventstoredb/eventstoredb-event-store.ts');
    return openEventStoreDb({ url: location, mustExist });
  }
  // SQLite would make a store of an empty file, too.
  if (mustExist && !(await stat(location).catch(() => null))?.size) {
    throw new Error(`There is no event store at ${location}.`);
  }
  const { openSqliteEventStore } = await import('./sqlite/sqlite-event-store.ts');
  return openSqliteEventStore({ file: location, ...(onEnded && { onEnded }) });
}
