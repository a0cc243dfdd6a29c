import { createMemoryEventStore, createMemoryLog } from '@yardmaster/event-store/memory';
import { eventStoreContract } from '@yardmaster/event-store/testing';

eventStoreContract({
  name: 'memory',
  async open() {
    const log = createMemoryLog();
    const store = createMemoryEventStore({ log });
    const opened = [store];
    const second = async () => {
      const other = createMemoryEventStore({ log });
      opened.push(other);
      return other;
    };
    return {
      store,
      second,
      async reopen() {
        await store.stop();
        return second();
      },
      async close() {
        await Promise.all(opened.map((one) => one.stop()));
      },
    };
  },
});
