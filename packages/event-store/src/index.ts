export {
  createMemoryEventStore,
  createMemoryLog,
  type MemoryEventStoreOptions,
  type MemoryLog,
} from './memory/memory-event-store.ts';
export { isStreamName, type PreparedEvent, prepareAppend } from './prepare-append.ts';
export {
  EventStoreNotOpened,
  type OpenFailure,
  openFailures,
  openSqliteEventStore,
  type SqliteEventStore,
  type SqliteEventStoreOptions,
} from './sqlite/sqlite-event-store.ts';
