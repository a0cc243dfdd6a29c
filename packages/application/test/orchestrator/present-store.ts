import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { type StoreWatch, watchStore } from '../../src/orchestrator/watch-store.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { silentLog } from '../../src/ports/log.ts';

/** The watch over an event store that is never away. */
export function aPresentStore(clock: Clock): StoreWatch {
  return watchStore({ store: createMemoryEventStore(), clock, log: silentLog, onReturn() {} });
}
