import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { ChildSpec } from './child-process.ts';

const READY_POLL_MS = 10;
const STOP_TIMEOUT_MS = 2_000;
/**
 * More than the streams reserve (336 MiB, see packages/messaging/src/streams.ts), whatever is free: by default nats-server
 * takes three quarters of the free disk, and on a small one refuses to make the streams.
 */
const MAX_FILE_STORE_BYTES = 512 * 1_048_576;

/** What nats-server writes once it listens. */
const portsFileSchema = z.object({ nats: z.array(z.string()).min(1) });

/** The message server as a child, and where it listens once it is ready for the first time. */
export type NatsServer = { readonly spec: ChildSpec; readonly url: () => string };

/**
 * A real nats-server with JetStream, reachable from this machine only and by the keys in `authorization` only.
 *
 * It takes a free port at the first start and keeps it over restarts, so that clients find it again.
 */
export function natsServer(options: {
  readonly folder: string;
  readonly authorization: string;
  readonly env: NodeJS.ProcessEnv;
}): NatsServer {
  const { folder, authorization, env } = options;
  const configFile = join(folder, 'nats-server.conf');
  let port: number | null = null;
  return {
    url: () => `nats://127.0.0.1:${port}`,
    spec: {
      name: 'nats-server',
      channel: 'none',
      stopSignal: 'SIGINT', // ends with 0; SIGTERM ends with 1
      stopTimeoutMs: STOP_TIMEOUT_MS,
      program: () => {
        removePortsFiles(folder);
        writeFileSync(configFile, config({ folder, authorization, port }), { mode: 0o600 });
        return { file: 'nats-server', args: ['--config', configFile], env, cwd: folder };
      },
      untilReady: async (child, signal) => {
        const portsFile = join(folder, `nats-server_${child.pid}.ports`);
        for (;;) {
          // A full disk has no room for the file, and after the first start the port is known without it.
          const listening = readPort(portsFile) ?? port;
          if (listening !== null && (await accepts(listening))) {
            port = listening;
            return;
          }
          await delay(READY_POLL_MS, undefined, { signal });
        }
      },
    },
  };
}

function config(options: { readonly folder: string; readonly authorization: string; readonly port: number | null }) {
  return [
    'host: "127.0.0.1"',
    `port: ${options.port ?? -1}`,
    `ports_file_dir: ${JSON.stringify(options.folder)}`,
    `jetstream { store_dir: ${JSON.stringify(join(options.folder, 'store'))}, max_file_store: ${MAX_FILE_STORE_BYTES} }`,
    options.authorization,
    '',
  ].join('\n');
}

/** A killed server leaves its file behind; another one may get its pid. */
function removePortsFiles(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.ports')))
    rmSync(join(folder, name), { force: true });
}

function readPort(file: string): number | null {
  try {
    const [url] = portsFileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).nats;
    return Number(new URL(url ?? '').port);
  } catch {
    return null; // not written yet, or not to its end
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
