import type { EventStore } from '../../src/ports/event-store.ts';

/** The same store, whose subscription to all yields batches of these sizes, over and over. */
export function cutBatches(store: EventStore, sizes: readonly number[]): EventStore {
  return {
    ...store,
    async *subscribeToAll(options) {
      let turn = 0;
      for await (const batch of store.subscribeToAll(options)) {
        for (let at = 0; at < batch.length; ) {
          const size = sizes[turn++ % sizes.length] ?? 1;
          yield batch.slice(at, at + size);
          at += size;
        }
      }
    },
  };
}
