import { join } from 'node:path';
import { createEventStoreServer } from '../e2e/support/event-store-server.ts';
import { processesWith } from '../e2e/support/processes.ts';

/** The server of the event store, which may be killed like everything else. */
export interface EventStoreUnderTest {
  readonly url: string;
  pid(): number;
  /** After it was killed: on what it had stored. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

export async function startEventStore(folder: string): Promise<EventStoreUnderTest> {
  const server = await createEventStoreServer(folder);
  await server.start();
  return {
    url: server.url,
    pid: () => processesWith(join(folder, 'wire-server.sqlite'))[0] ?? 0,
    async startAgain() {
      await server.kill();
      await server.start();
    },
    stop: server.stop,
  };
}
