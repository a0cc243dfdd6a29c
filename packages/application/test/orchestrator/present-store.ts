import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/ports/clock.ts';
import { silentLog } from '../../src/ports/log.ts';
import { type StoreWatch, watchStore } from '../../src/watch-store.ts';

/** The watch over an event store that is never away. */
export function aPresentStore(clock: Clock): StoreWatch {
  const watch = watchStore({ store: createMemoryEventStore(), describe: String, clock, log: silentLog });
  onTestFinished(() => watch.stop());
  return watch;
}
