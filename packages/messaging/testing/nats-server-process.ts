import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ready = 'Server is ready';
const startTimeoutMs = 20_000;
const pollMs = 5;

export interface NatsServerOptions {
  /** A folder of its own: configuration, ports file and JetStream's files go in here. */
  readonly dataDir: string;
  /** A free one by default. Restarts keep it. */
  readonly port?: number;
  /** The text of an `authorization` block; without it everybody may do everything. */
  readonly authorization?: string;
}

/** A real nats-server for tests, on 127.0.0.1. */
export interface NatsServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Where JetStream keeps its streams, to be damaged by tests while the server is down. */
  readonly jetStreamDir: string;
  /** SIGKILL: what a crash leaves. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and files, after ending it in good order if it still runs. */
  restart(): Promise<void>;
  /** Idempotent. Ends it in good order and waits for that. */
  stop(): Promise<void>;
}

/** Starts `YARDMASTER_NATS_SERVER`, the one in the tool folder, or the one on the PATH, and waits until it is ready. */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServerProcess> {
  const { dataDir } = options;
  await mkdir(dataDir, { recursive: true });
  let child = await launch(options, options.port ?? -1);
  const port = await learnPort(dataDir, child);

  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    get pid() {
      return child.pid ?? 0;
    },
    jetStreamDir: join(dataDir, 'jetstream'),
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGINT');
      child = await launch(options, port);
    },
    // SIGTERM would end it with exit code 1.
    stop: () => end('SIGINT'),
  };
}

async function launch({ dataDir, authorization }: NatsServerOptions, port: number): Promise<ChildProcess> {
  const file = join(dataDir, 'nats.conf');
  const settings = { host: '127.0.0.1', port, ports_file_dir: dataDir, jetstream: { store_dir: dataDir } };
  await writeFile(file, `${JSON.stringify(settings, null, 2).slice(1, -1)}\n${authorization ?? ''}`, { mode: 0o600 });
  const child = spawn(serverPath(), ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  await becomeReady(child);
  return child;
}

function serverPath(): string {
  const brought = fileURLToPath(new URL('../../../.tools/bin/nats-server', import.meta.url));
  return process.env.YARDMASTER_NATS_SERVER ?? (existsSync(brought) ? brought : 'nats-server');
}

function becomeReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`nats-server did not become ready:\n${output}`));
    }, startTimeoutMs);
    child.stderr?.on('data', (chunk: Buffer) => {
      // What comes after readiness is read, so that the pipe never fills, and thrown away.
      if (output.includes(ready)) return;
      output += chunk.toString();
      if (!output.includes(ready)) return;
      clearTimeout(timer);
      resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`nats-server ended with ${code}:\n${output}`));
    });
  });
}

const portsFile = /:(\d+)"/;

/** The server writes the port that it chose into a file named by its process id, a moment before or after it is ready. */
async function learnPort(dataDir: string, child: ChildProcess): Promise<number> {
  const file = join(dataDir, `nats-server_${child.pid}.ports`);
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    const port = await readFile(file, 'utf8').then(
      (text) => portsFile.exec(text)?.[1],
      () => undefined,
    );
    if (port !== undefined) return Number(port);
    await delay(pollMs);
  }
  child.kill('SIGKILL');
  throw new Error('nats-server wrote no ports file');
}
