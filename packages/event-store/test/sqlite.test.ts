import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteEventStore, type SqliteEventStore } from '@yardmaster/event-store/sqlite';
import { eventStoreContract } from '@yardmaster/event-store/testing';

eventStoreContract({
  name: 'sqlite',
  async open() {
    const folder = await mkdtemp(join(tmpdir(), 'event-store-'));
    const file = join(folder, 'events.db');
    const opened: SqliteEventStore[] = [];
    const open = async () => {
      const store = await openSqliteEventStore({ file, pollIntervalMs: 20 });
      opened.push(store);
      return store;
    };
    const store = await open();
    return {
      store,
      second: open,
      async reopen() {
        await store.stop();
        return open();
      },
      async close() {
        await Promise.all(opened.map((one) => one.stop()));
        await rm(folder, { recursive: true });
      },
    };
  },
});
