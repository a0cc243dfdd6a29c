import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Api, createApi } from './api.ts';
import { isAlive, processesWith } from './processes.ts';
import { until } from './until.ts';

export const repositoryRoot = fileURLToPath(new URL('../../../..', import.meta.url));
const mainFile = join(repositoryRoot, 'apps', 'cli', 'src', 'main.ts');

/** Lines of each log that a failed test shows, and how much of each. */
const SHOWN_LOG_LINES = 25;
const SHOWN_LINE_CHARS = 300;

export type Environment = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The product as `yardmaster up` runs it, on a data directory and a free port of its own. */
export interface Product {
  /** Of the first server. */
  readonly url: string;
  /** Of all servers, the first one's first. */
  readonly urls: readonly string[];
  readonly token: string;
  readonly pid: number;
  readonly dataDir: string;
  /** Where its events are: a file in its data directory, or a connection string. */
  readonly storeLocation: string;
  readonly api: Api;
  /** The running children (`server`, `nats-server`, `worker-1`) and their pids. */
  processes(): Readonly<Record<string, number>>;
  /** Every process of every build that runs for this data directory. */
  buildProcesses(): readonly number[];
  /** SIGKILL to one child; resolves when it is dead. The supervisor starts it again. */
  kill(name: string): Promise<void>;
  /** Resolves when a killed child runs again, as another process, and builds can run. */
  restarted(name: string, before: number): Promise<void>;
  /** SIGKILL to the supervisor and all its children at once; resolves when they are dead. */
  crash(): Promise<void>;
  /** SIGTERM; resolves to the exit code. Does nothing the second time. */
  stop(): Promise<number | null>;
  /** `yardmaster <args>` on the same data directory, as a person would type it. */
  command(...args: readonly string[]): Promise<Ended>;
  /** What it has said on the terminal. */
  said(): string;
  /** The ends of the logs, for whoever looks into a failure. */
  lastLogs(): string;
}

/** A product that is being started. */
export interface Launched extends Pick<Product, 'said' | 'stop'> {
  /** Resolves when it says that it is ready. */
  readonly ready: Promise<Product>;
}

export const startProduct = (options: { dataDir: string; env?: Environment }): Promise<Product> =>
  launchProduct(options).ready;

export function launchProduct({ dataDir, env = {} }: { dataDir: string; env?: Environment }): Launched {
  const child = run(['up'], { YARDMASTER_PORT: '0', ...env, YARDMASTER_DATA_DIR: dataDir });
  const texts = collect(child);
  const said = () => `${texts.out()}${texts.err()}`;
  const stop = () => endChild(child, 'SIGTERM');
  const isReady = until('the product is ready', () => {
    if (hasEnded(child)) throw new Error(`It ended with ${child.exitCode}: ${said()}`);
    return texts.out().includes('Ctrl-C stops everything') ? true : null;
  }).catch(async (error: unknown) => {
    await endChild(child, 'SIGKILL');
    throw error;
  });
  const ready = isReady.then(() => runningProduct({ child, said, stop, dataDir, env }));
  ready.catch(() => {}); // whoever waits for it sees it; nobody has to
  return { said, stop, ready };
}

function runningProduct({
  child,
  said,
  stop,
  dataDir,
  env,
}: Pick<Product, 'said' | 'stop' | 'dataDir'> & { readonly child: Child; readonly env: Environment }): Product {
  const pid = child.pid ?? 0;
  const inDataDir = (name: string) => readFileSync(join(dataDir, name), 'utf8').trim();
  const [token, instanceId] = [inDataDir('admin-token'), inDataDir('instance-id')];
  const urls = inDataDir('server-url').split('\n');
  const [url = ''] = urls;

  const processes = () => runRecords(dataDir);
  /** Of that server; of the first one for any other process. */
  const urlOf = (name: string) => urls[Number(/^server-(\d+)$/.exec(name)?.[1] ?? 1) - 1] ?? url;
  const server = env.EVENTSTORE_URL;
  return {
    url,
    urls,
    token,
    pid,
    dataDir,
    storeLocation: server ?? join(dataDir, 'events.sqlite'),
    api: createApi({ url, token }),
    processes,
    buildProcesses: () => processesWith(`YARDMASTER_BUILD_OWNER=${instanceId}/`),
    async kill(name) {
      const victim = processes()[name];
      if (victim === undefined) throw new Error(`There is no ${name} to kill.`);
      process.kill(victim, 'SIGKILL');
      await untilDead([victim]);
    },
    async restarted(name, before) {
      await until(`${name} runs again`, () => ((processes()[name] ?? before) === before ? null : true));
      await until('builds can run again', async () => {
        const answer = await fetch(`${urlOf(name)}/readyz`).catch(() => null);
        const state = answer === null ? null : ((await answer.json()) as { readonly status?: unknown });
        return state?.status === 'ready' ? true : null;
      });
    },
    async crash() {
      const all = [pid, ...Object.values(processes())];
      for (const each of all) process.kill(each, 'SIGKILL');
      await untilDead(all);
    },
    stop,
    command: (...args) =>
      runCommand(args, { YARDMASTER_DATA_DIR: dataDir, ...(server === undefined ? {} : { EVENTSTORE_URL: server }) }),
    said,
    lastLogs: () => `${said()}\n${logTails(dataDir)}`,
  };
}

/** Runs `yardmaster <args>` to its end. */
export async function runCommand(args: readonly string[], env: Environment): Promise<Ended> {
  const child = run(args, env);
  const said = collect(child);
  await once(child, 'close');
  return { code: child.exitCode, out: said.out(), err: said.err() };
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

function run(args: readonly string[], env: Environment): Child {
  // Settings of whoever runs the tests are not those of the product under test.
  const own = Object.entries(process.env).filter(([name]) => !/^(YARDMASTER_|EVENTSTORE_URL$|NATS_URL$)/.test(name));
  const options = ['--disable-warning=ExperimentalWarning', mainFile, ...args];
  const child = spawn(process.execPath, options, {
    env: { ...Object.fromEntries(own), NO_COLOR: '1', ...env },
    // By the channel the product notices when the tests are killed, and stops as well.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  return child as unknown as Child; // the types know no channel beside pipes
}

function collect(child: Child) {
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    texts.out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    texts.err += chunk;
  });
  return { out: () => texts.out, err: () => texts.err };
}

const hasEnded = (child: Child): boolean => child.exitCode !== null || child.signalCode !== null;

async function endChild(child: Child, signal: NodeJS.Signals): Promise<number | null> {
  if (!hasEnded(child)) {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
  return child.exitCode;
}

async function untilDead(pids: readonly number[]): Promise<void> {
  await until(`the processes ${pids.join(', ')} are dead`, () => (pids.some(isAlive) ? null : true));
}

/** What the supervisor records of its children; a record being written this moment counts as not there yet. */
function runRecords(dataDir: string): Readonly<Record<string, number>> {
  const records: Record<string, number> = {};
  for (const file of readdirSync(join(dataDir, 'run')).filter((name) => name.endsWith('.json'))) {
    try {
      const record: { readonly pid: number } = JSON.parse(readFileSync(join(dataDir, 'run', file), 'utf8'));
      records[file.replace('.json', '')] = record.pid;
    } catch {
      // removed or half written
    }
  }
  return records;
}

function logTails(dataDir: string): string {
  const folder = join(dataDir, 'logs');
  const tails = readdirSync(folder).map((name) => {
    const lines = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n');
    const shown = lines.slice(-SHOWN_LOG_LINES).map((line) => line.slice(0, SHOWN_LINE_CHARS));
    return `--- ${name}\n${shown.join('\n')}`;
  });
  return tails.join('\n');
}
