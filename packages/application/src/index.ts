export * from './ports/event-store.ts';
