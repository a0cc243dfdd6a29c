import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { readSettings, type Settings } from '@yardmaster/protocol/settings';
import { acquireLock } from '../../bin/bootstrap/process-lock.mjs';
import { type Command, CommandError, type CommandIo } from '../command.ts';
import { killBuildOrphans } from './build-orphans.ts';
import { StartError, superviseChild } from './child-process.ts';
import { ChildrenInOrder } from './children-in-order.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { reservePorts } from './free-port.ts';
import { localUrl } from './product-programs.ts';
import { fetchSignInLink, readyMessage } from './ready-message.ts';
import { killLeftovers } from './run-records.ts';
import { startProduct } from './start-product.ts';

export const command: Command = {
  summary: 'Run everything on this machine, message server, server and workers, until Ctrl-C.',
  usage: 'up\n\nSettings come from the environment, for example YARDMASTER_PORT and YARDMASTER_WORKERS.',
  run: async (args, io) => {
    parseArgs({ args: [...args], options: {}, allowPositionals: false });
    const settings = checkedSettings(io);
    const dataFolder = openDataFolder(settings.dataDir);
    const release = lockDataFolder(dataFolder);
    try {
      return await runUntilStopped(settings, dataFolder, io);
    } catch (error) {
      throw error instanceof StartError ? new CommandError(`${error.message}\nLogs are in ${dataFolder.logs}`) : error;
    } finally {
      rmSync(dataFolder.serverUrlFile, { force: true });
      release();
    }
  },
};

function checkedSettings(io: CommandIo): Settings {
  const read = readSettings(io.env);
  if (!read.ok)
    throw new CommandError(`these settings do not work:\n${read.problems.map((line) => `  ${line}`).join('\n')}`);
  for (const warning of read.warnings) io.err(`yardmaster: ${warning}\n`);
  return read.settings;
}

/** One data directory, one product. */
function lockDataFolder(dataFolder: DataFolder): () => void {
  const lock = acquireLock(dataFolder.lockFile);
  if (lock.ok) return lock.release;
  throw new CommandError(
    `Yardmaster already runs on ${dataFolder.root}: process ${lock.holder.pid}${runningAt(dataFolder)}. Stop that one, or choose another YARDMASTER_DATA_DIR and YARDMASTER_PORT.`,
  );
}

function runningAt(dataFolder: DataFolder): string {
  try {
    return ` at ${readFileSync(dataFolder.serverUrlFile, 'utf8').trim().replaceAll('\n', ', ')}`;
  } catch {
    return ', still starting'; // it is written when everything is ready
  }
}

async function runUntilStopped(settings: Settings, dataFolder: DataFolder, io: CommandIo): Promise<number> {
  const say = (line: string) => io.err(`yardmaster: ${line}\n`);
  clearLeftovers(dataFolder, say);
  const ports = await reservePorts(settings);
  const stopRequested = untilStopRequested(io);
  const children = new ChildrenInOrder((spec) =>
    superviseChild(spec, { logsFolder: dataFolder.logs, runFolder: dataFolder.run, say }),
  );
  io.force.addEventListener('abort', () => {
    children.killAll();
    killBuildOrphans(`${dataFolder.instanceId}/`);
  });
  try {
    const started = startProduct({ settings, dataFolder, ports, env: { ...io.env }, children });
    if ((await Promise.race([started, stopRequested])) !== 'stop') {
      await announce({ settings, dataFolder, ports, io });
      await stopRequested;
    }
    say(stoppingMessage(settings));
  } finally {
    await children.stopAll();
    killBuildOrphans(`${dataFolder.instanceId}/`);
  }
  say('everything has ended');
  return 0;
}

function clearLeftovers(dataFolder: DataFolder, say: (line: string) => void): void {
  const leftovers = killLeftovers(dataFolder.run);
  if (leftovers.length > 0) say(`killed what a crashed start had left running: ${leftovers.join(', ')}`);
  const builds = killBuildOrphans(`${dataFolder.instanceId}/`);
  if (builds > 0) say(`killed ${builds} build processes that a crashed start had left running`);
}

/** A signal, or the end of the bootstrap that started us. */
function untilStopRequested(io: CommandIo): Promise<'stop'> {
  return new Promise((resolve) => {
    const stop = () => resolve('stop');
    if (io.signal.aborted) stop();
    io.signal.addEventListener('abort', stop, { once: true });
    process.once('disconnect', stop);
    process.channel?.unref(); // listened to, but no reason to stay
  });
}

function stoppingMessage({ drainMs }: Settings): string {
  if (drainMs === 0) return 'stopping …';
  return `stopping; builds under way may go on for ${drainMs / 1000} s. A second Ctrl-C ends everything at once …`;
}

async function announce({
  settings,
  dataFolder,
  ports,
  io,
}: {
  readonly settings: Settings;
  readonly dataFolder: DataFolder;
  readonly ports: readonly number[];
  readonly io: CommandIo;
}): Promise<void> {
  const serverUrls = ports.map((port) => localUrl({ host: settings.host, port }));
  const [serverUrl = ''] = serverUrls;
  flushCompileCache(); // so that the next start is quick and small even if this one is killed
  writeFileSync(dataFolder.serverUrlFile, serverUrls.join('\n'), { mode: 0o600 });
  const { adminTokenFile } = dataFolder;
  io.out(
    readyMessage({
      dashboardUrl: settings.publicUrl ?? `http://localhost:${ports[0]}`,
      serverUrls,
      signInLink: await fetchSignInLink({ serverUrl, adminTokenFile }),
      adminTokenFile,
      workers: settings.workers,
      slots: settings.slots,
      eventStore: settings.eventStoreUrl === undefined ? 'SQLite' : 'EventStoreDB',
      dataDir: dataFolder.root,
      readyAfterMs: performance.now(),
      isColoured: process.stdout.isTTY === true && !io.env.NO_COLOR,
    }),
  );
}
