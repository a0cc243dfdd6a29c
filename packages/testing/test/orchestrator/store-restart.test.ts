import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findBrokenLink, silentLog } from '@yardmaster/application';
import { openEventStoreDb } from '@yardmaster/event-store/eventstoredb';
import { startWireServerProcess, type WireServerProcess } from '@yardmaster/event-store/wire-server';
import { expect, it, onTestFinished } from 'vitest';
import { openOrchestratorWorld } from './orchestrator-world.ts';

/** Longer than a worker's lease and than the pauses in which the orchestrator looks for the store. */
const downMs = 6_000;

it('builds go on where they were when EventStoreDB was killed and started again, and the log says so once', async () => {
  const said: string[] = [];
  let file = '';
  let server: WireServerProcess | undefined;
  onTestFinished(() => void server?.end('SIGTERM'));
  const world = await openOrchestratorWorld({
    async openStore(folder) {
      file = join(folder, 'server.sqlite');
      server = await startWireServerProcess(file);
      return await openEventStoreDb({ url: server.url });
    },
    log: {
      ...silentLog,
      warn: (_, message) => void said.push(message),
      error: (_, message) => void said.push(message),
    },
  });
  onTestFinished(() => world.stop());
  const worker = world.worker('worker-1', { slots: 2 });
  const running = [await world.request(), await world.request()];
  const waiting = await world.request();
  const builds = [await worker.nextBuild(), await worker.nextBuild()];

  const port = server?.port;
  await server?.end('SIGKILL');
  await Promise.all(builds.map((build) => build.finish()));
  await delay(downMs);
  server = await startWireServerProcess(file, port);

  await (await worker.nextBuild()).finish();
  for (const jobId of [...running, waiting]) {
    const events = await world.until(jobId, 'BuildCompleted');
    expect(findBrokenLink(events)).toBeNull();
    expect(events.map(({ type }) => type)).not.toContain('WorkerLost');
  }
  expect(said).toEqual([
    'The event store cannot be reached: it does not answer. Nothing can be recorded until it is back.',
    expect.stringMatching(/^The event store answers again, after \d+\.\d s\.$/),
  ]);
});
