import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { runsOnServer } from './event-store.ts';
import { createEventStoreServer, type EventStoreServer } from './event-store-server.ts';
import { type Gate, openGate } from './gate.ts';
import { type Environment, type Product, startProduct } from './product.ts';

/** One data directory for the tests of a file, and the product that runs on it. */
export interface Installation {
  /** The product as it runs now. */
  readonly product: Product;
  /** The server that it keeps its events on, in the project of the tests that has one. */
  readonly eventStore: EventStoreServer;
  /** An empty folder beside the data directory, that is removed with it. */
  newFolder(): string;
  /** A gate that is closed after the last test. */
  newGate(): Promise<Gate>;
  /** Starts the product again on the same data directory, after it was stopped or crashed. */
  startAgain(): Promise<Product>;
}

/**
 * Starts the product before the tests of a file, on the event store that the project of the tests names. After them it is
 * stopped and everything is removed, whatever has failed; a test that fails shows the ends of the product's logs.
 */
export function useInstallation(env: Environment = {}): Installation {
  const folders: string[] = [];
  const gates: Gate[] = [];
  let running: Product | null = null;
  let eventStore: EventStoreServer | null = null;

  function newFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'yardmaster-e2e-'));
    folders.push(folder);
    return folder;
  }

  async function startOn(dataDir: string): Promise<Product> {
    running = await startProduct({
      dataDir,
      env: eventStore === null ? env : { ...env, EVENTSTORE_URL: eventStore.url },
    });
    return running;
  }

  beforeAll(async () => {
    if (runsOnServer()) {
      eventStore = await createEventStoreServer(newFolder());
      await eventStore.start();
    }
    await startOn(newFolder());
  });
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') process.stderr.write(`\n${running?.lastLogs() ?? 'It never ran.'}\n`);
  });
  afterAll(async () => {
    await Promise.all(gates.map((gate) => gate.close()));
    await running?.stop();
    await eventStore?.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  return {
    get product() {
      if (running === null) throw new Error('The product has not been started.');
      return running;
    },
    get eventStore() {
      if (eventStore === null) throw new Error('These tests run on SQLite.');
      return eventStore;
    },
    newFolder,
    async newGate() {
      const gate = await openGate();
      gates.push(gate);
      return gate;
    },
    startAgain() {
      if (running === null) throw new Error('The product has not been started.');
      return startOn(running.dataDir);
    },
  };
}
