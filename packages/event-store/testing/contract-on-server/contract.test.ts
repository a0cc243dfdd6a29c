import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { EventStore } from '@yardmaster/application';
import { openEventStoreDb } from '@yardmaster/event-store/eventstoredb';
import { describe, test } from 'vitest';
import { survivesRestarts } from '../contract/restart-case.ts';
import { eventStoreContract } from '../contract-suite.ts';
import { readServerUnderTest } from './server-under-test.ts';

/** A real server takes its time until it answers again, twice. */
const restartsTimeoutMs = 600_000;

const { url, runPrefix, restartCommand } = readServerUnderTest(process.env);

/** A part of the server that is one case's alone. */
function createInstances() {
  const streamPrefix = `${runPrefix}${randomBytes(4).toString('hex')}-`;
  const opened: EventStore[] = [];
  return {
    async open(): Promise<EventStore> {
      const store = await openEventStoreDb({ url, streamPrefix });
      opened.push(store);
      return store;
    },
    async close(): Promise<void> {
      await Promise.all(opened.map((store) => store.stop()));
    },
  };
}

/** Runs a shell command to its end. What it leaves running is not waited for. */
async function run(command: string): Promise<void> {
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`The command of EVENTSTORE_RESTART_CMD ended with code ${code}.`);
}

eventStoreContract({
  name: 'EventStoreDB',
  async open() {
    const { open, close } = createInstances();
    return { store: await open(), second: open, reopen: open, close };
  },
});

describe.runIf(restartCommand !== undefined)('EventStoreDB that is killed and started again', () => {
  const name = 'loses and doubles nothing under many writers, and leaves no gap in a subscription';
  test(name, { timeout: restartsTimeoutMs }, async () => {
    const { open, close } = createInstances();
    try {
      await survivesRestarts({ open, restart: () => run(restartCommand ?? '') });
    } finally {
      await close();
    }
  });
});
