export { createMemoryEventStore, type MemoryEventStoreOptions } from './memory/memory-event-store.ts';
