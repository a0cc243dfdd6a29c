import type { Settings } from '@yardmaster/protocol/settings';
import { z } from 'zod';
import { killBuildOrphans } from './build-orphans.ts';
import type { ChildSpec } from './child-process.ts';
import { type DataFolder, repositoryRoot } from './data-folder.ts';

const SERVER_STOP_TIMEOUT_MS = 4_000;
/**
 * A worker kills its builds and hands them back; server and message server come after, all within 15 seconds. The time
 * for which builds may go on (`drainMs`) comes on top.
 */
const WORKER_STOP_TIMEOUT_MS = 8_000;

const messagingUnavailableSchema = z.object({ type: z.literal('messaging-unavailable') });

/** What children that talk to each other have to be told. */
type Connections = {
  readonly settings: Settings;
  readonly dataFolder: DataFolder;
  /** One for each server; a worker asks them in this order. */
  readonly ports: readonly number[];
  /** Known once nats-server listens. */
  readonly natsUrl: () => string;
  readonly env: NodeJS.ProcessEnv;
};

/**
 * A young heap of two megabytes at most, in the server's main thread and in each of its others: measured, uploads and
 * appends cost as much CPU time as with the default of sixteen, and the process stays 15 MB smaller while idle and 60 MB
 * smaller after uploads.
 */
const SERVER_FLAGS = ['--max-semi-space-size=2'];

/** One server: a gateway, and an orchestrator while it leads. */
export function serverProgram(
  connections: Connections & {
    readonly serverId: string;
    readonly port: number;
    readonly natsSeed: string | undefined;
    /** The server says that the message server can be reached and does no work. */
    readonly onMessagingUnavailable: () => void;
  },
): ChildSpec {
  const { serverId, port } = connections;
  return {
    name: serverId,
    channel: 'ipc',
    stopSignal: 'SIGTERM',
    stopTimeoutMs: SERVER_STOP_TIMEOUT_MS,
    onMessage: (message) => {
      if (messagingUnavailableSchema.safeParse(message).success) connections.onMessagingUnavailable();
    },
    program: () =>
      node([...SERVER_FLAGS, 'apps/server/src/main.ts'], {
        ...childEnvironment(connections, connections.natsSeed),
        YARDMASTER_SERVER_ID: serverId,
        YARDMASTER_PORT: String(port),
      }),
  };
}

/**
 * One worker process, with a small young heap since its builds do the work. Whatever those leave behind when it dies is
 * killed before it is started again.
 */
export function workerProgram(
  connections: Connections & { readonly workerId: string; readonly natsSeed: string | undefined },
): ChildSpec {
  const { workerId, dataFolder, settings, ports } = connections;
  return {
    name: workerId,
    channel: 'ipc',
    stopSignal: 'SIGTERM',
    stopTimeoutMs: settings.drainMs + WORKER_STOP_TIMEOUT_MS,
    program: () =>
      node(['--max-semi-space-size=1', 'apps/worker/src/main.ts', 'worker', workerId], {
        ...childEnvironment(connections, connections.natsSeed),
        YARDMASTER_WORKER_ID: workerId,
        YARDMASTER_SERVER_URL: ports.map((port) => localUrl({ host: settings.host, port })).join(','),
        // Workers hold no event store credentials, and need no token of a person.
        EVENTSTORE_URL: undefined,
        YARDMASTER_TOKEN: undefined,
      }),
    afterExit: () => void killBuildOrphans(`${dataFolder.instanceId}/${workerId}`),
  };
}

/** Where the server is reached from this machine; an address like 0.0.0.0 is one to listen on, not to connect to. */
export function localUrl(address: { readonly host: string; readonly port: number }): string {
  const isEverywhere = address.host === '0.0.0.0' || address.host === '::';
  const host = isEverywhere ? '127.0.0.1' : address.host.includes(':') ? `[${address.host}]` : address.host;
  return `http://${host}:${address.port}`;
}

function childEnvironment(connections: Connections, natsSeed: string | undefined): NodeJS.ProcessEnv {
  return {
    ...connections.env,
    YARDMASTER_DATA_DIR: connections.dataFolder.root,
    YARDMASTER_INSTANCE_ID: connections.dataFolder.instanceId,
    NATS_URL: connections.natsUrl(),
    YARDMASTER_NATS_SEED: natsSeed,
  };
}

function node(args: readonly string[], env: NodeJS.ProcessEnv) {
  return {
    file: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', ...args],
    env,
    cwd: repositoryRoot,
  };
}
