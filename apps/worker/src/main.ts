import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
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

/** What is not removed when the worker ends is removed when it starts again, but not so long that it is taken for hung. */
const lastRemovalMs = 1_000;
const firstRemovalMs = 20_000;

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
  const { stopping, atOnce } = stopRequests();
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
    await worker.finish({ withinMs: settings.drainMs, signal: atOnce });
    await worker.stop();
  }
  await connection.stop();
  await removeWorkspace(site.workspaces, AbortSignal.timeout(lastRemovalMs));
  process.exit(0);
}

interface StopRequests {
  /** Aborts when the worker is asked to end. */
  readonly stopping: AbortSignal;
  /** Aborts when it is asked again, or when its supervisor is gone: nobody waits for its builds then. */
  readonly atOnce: AbortSignal;
}

function stopRequests(): StopRequests {
  const stopping = new AbortController();
  const atOnce = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => (stopping.signal.aborted ? atOnce : stopping).abort());
  }
  process.on('disconnect', () => {
    stopping.abort();
    atOnce.abort();
  });
  return { stopping: stopping.signal, atOnce: atOnce.signal };
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
  const strays = await endStrayProcesses({ owner });
  if (!strays.nothingLeft) log.warn({ workerId }, 'Not all that an earlier run has left running could be ended.');
  const workspaces = join(workspaceRoot(), `yardmaster-${owner.replace('/', '-')}`);
  await mkdir(workspaces, { recursive: true, mode: 0o700 });
  await removeWorkspacesIn(workspaces);
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

/** One by one: what takes too long goes on being removed beside the workspaces of new attempts, which have other names. */
async function removeWorkspacesIn(folder: string): Promise<void> {
  const tooLong = AbortSignal.timeout(firstRemovalMs);
  const removed = await Promise.all(
    (await readdir(folder)).map((name) => removeWorkspace(join(folder, name), tooLong)),
  );
  if (removed.includes(false)) log.warn({}, 'Not all workspaces of an earlier run could be removed.');
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
