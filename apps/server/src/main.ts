import { join, resolve } from 'node:path';
import { readSettings } from '@yardmaster/protocol/settings';
import { ListenFailed } from './listener.ts';
import { createLog } from './log.ts';
import { type Server, startServer } from './server.ts';
import { AnotherHistory } from './store/one-history.ts';

/**
 * The server as a process. Its parent is told `{ type: 'ready' }` over IPC once requests are served, and
 * `{ type: 'waiting' }` now and then while the event store is waited for. It ends with code 0 on SIGTERM and SIGINT, and
 * when its parent is gone, and with code 1 when it cannot start.
 */
const repository = resolve(import.meta.dirname, '../../..');
const read = readSettings(process.env);
const log = createLog(read.ok ? read.settings.serverId : 'server');

await main();

async function main(): Promise<void> {
  if (!read.ok) {
    for (const problem of read.problems) log.error({}, problem);
    process.exitCode = 1;
    return;
  }
  for (const warning of read.warnings) log.warn({}, warning);
  const settings = { ...read.settings, dataDir: resolve(repository, read.settings.dataDir) };

  const asked = Promise.withResolvers<string>();
  const stopping = new AbortController();
  const ask = (reason: string) => {
    asked.resolve(reason);
    stopping.abort();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ask(signal));
  process.on('disconnect', () => ask('the parent process is gone'));

  let server: Server;
  try {
    const dashboardDir = join(repository, 'apps/dashboard/dist');
    const { signal } = stopping;
    server = await startServer({ settings, dashboardDir, log, onFatal, onMessagingUnavailable, onWaiting, signal });
  } catch (error) {
    if (stopping.signal.aborted) {
      log.info({ reason: await asked.promise }, 'stopped while it was starting');
      process.exit(0);
    }
    if (error instanceof ListenFailed || error instanceof AnotherHistory) log.error({}, error.message);
    else log.error({ error }, 'the server could not start');
    process.exit(1); // whatever is half open must not keep the process
  }
  log.info({ port: server.port, url: server.publicUrl }, 'ready');
  process.send?.({ type: 'ready', url: server.publicUrl, port: server.port });

  const reason = await asked.promise;
  log.info({ reason }, 'stopping');
  await server.stop();
  log.info({}, 'stopped');
  process.exit(0);
}

/** The supervisor gives a server that waits for something more time to become ready. */
function onWaiting(): void {
  process.send?.({ type: 'waiting' });
}

/** The supervisor starts its nats-server again. One that others run is theirs to look after. */
function onMessagingUnavailable(): void {
  log.warn({}, 'the message server is reachable and does no work; its disk may have been full');
  process.send?.({ type: 'messaging-unavailable' });
}

/** The supervisor starts another server, which finds everything in the log. */
function onFatal(error: Error): void {
  log.error({ error }, 'the server cannot go on');
  process.exit(1);
}
