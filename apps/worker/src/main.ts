import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endStrayProcesses, removeWorkspace } from '@yardmaster/build-runner';
import { WorkerId } from '@yardmaster/domain';
import { connectNats, createWorkerMessaging, workerInboxPrefix } from '@yardmaster/messaging';
import { readSettings, type Settings, uploadLimits } from '@yardmaster/protocol/settings';
import type { BuildSite } from './build-website.ts';
import { jsonLog } from './json-log.ts';
import { createServerChoice, type ServerChoice } from './server-choice.ts';
import { startWorker } from './worker.ts';

const pool = 'default';

const log = jsonLog(process.stdout);
// Whoever read our output is gone; that is no reason to leave builds behind.
process.stdout.on('error', () => {});

const read = readSettings(process.env);
if (read.ok) await main(read.settings);
else fail(read.problems.join(' '));

async function main(settings: Settings): Promise<void> {
  const { natsUrl } = settings;
  const [serverUrl, ...otherUrls] = settings.serverUrls;
  const workerId = WorkerId.safeParse(settings.workerId);
  if (natsUrl === undefined || serverUrl === undefined || !workerId.success) {
    return fail('A worker needs NATS_URL, YARDMASTER_SERVER_URL and YARDMASTER_WORKER_ID.');
  }
  const stopping = stopRequests();
  const servers = createServerChoice([serverUrl, ...otherUrls]);
  const site = await prepareSite({ settings, workerId: workerId.data, servers });
  const connection = connectNats({
    url: natsUrl,
    seed: settings.natsSeed ?? null,
    inboxPrefix: workerInboxPrefix(workerId.data),
    name: workerId.data,
    log,
  });
  if ((await connection.whenConnected(stopping)) !== null) {
    const messaging = createWorkerMessaging({ connection, workerId: workerId.data, pool, log });
    const worker = startWorker({ workerId: workerId.data, pool, slots: settings.slots, messaging, site, log });
    log.info({ workerId: workerId.data, slots: settings.slots }, 'The worker is ready.');
    process.send?.({ type: 'ready' });
    if (!stopping.aborted) await once(stopping, 'abort');
    await worker.stop();
  }
  await connection.stop();
  await removeWorkspace(site.workspaces).catch((error) => log.warn({ error }, 'Workspaces could not be removed.'));
  process.exit(0);
}

/** Aborts when the worker is asked to end, or its supervisor is gone: nobody waits for its builds then. */
function stopRequests(): AbortSignal {
  const stopping = new AbortController();
  for (const request of ['SIGTERM', 'SIGINT', 'disconnect'] as const) process.on(request, () => stopping.abort());
  return stopping.signal;
}

/** Clears away what a crash left: workspaces, and processes that carry this worker's mark. */
async function prepareSite({
  settings,
  workerId,
  servers,
}: {
  readonly settings: Settings;
  readonly workerId: WorkerId;
  readonly servers: ServerChoice;
}): Promise<BuildSite> {
  const dataDir = resolve(settings.dataDir);
  const owner = `${settings.instanceId ?? 'standalone'}/${workerId}`;
  await endStrayProcesses(owner);
  const workspaces = join(workspaceRoot(), `yardmaster-${owner.replace('/', '-')}`);
  await removeWorkspace(workspaces);
  await mkdir(workspaces, { recursive: true, mode: 0o700 });
  return {
    owner,
    workspaces,
    cacheDirectory: join(dataDir, 'cache', workerId),
    toolsDirectory: join(dataDir, 'tools'),
    servers,
    previewDomain: settings.previewDomain,
    limits: uploadLimits(settings),
    hostEnvironment: process.env,
  };
}

/**
 * Builds must not lie below a folder with `node_modules`, where Node would find packages that are not theirs; the data
 * directory often does. `/var/tmp` is on a disk even where `/tmp` is memory.
 */
function workspaceRoot(): string {
  return existsSync('/var/tmp') ? '/var/tmp' : tmpdir();
}

function fail(message: string): void {
  log.error({}, message);
  process.exitCode = 1;
}
