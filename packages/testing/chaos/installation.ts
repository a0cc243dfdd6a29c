import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Environment, launchProduct, type Product } from '../e2e/support/product.ts';
import type { Journal } from './journal.ts';

/** Starts that may fail in a row before the run is given up. */
const MAX_STARTS = 3;
/** A product that hangs is not waited for longer by a run that is given up. */
const STOP_PATIENCE_MS = 20_000;

/** One server of the product, and where it answers. */
export interface Gateway {
  /** `server`, `server-2`, … as its run record is named. */
  readonly id: string;
  readonly url: string;
}

/** The product on one data directory, over all its starts. */
export interface Installation {
  readonly dataDir: string;
  /** Names the data directory in the environment of every process of a build. */
  instanceId(): string;
  token(): string;
  gateways(): readonly Gateway[];
  supervisorPid(): number;
  /** The supervisor's children that run now, by name. */
  children(): Readonly<Record<string, number>>;
  buildProcesses(): readonly number[];
  /** Starts it, again where that fails; resolves when it says that it is ready. */
  start(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  /** For a run that is given up: stops it, bounded, then kills whatever still runs of it. */
  abandon(): Promise<void>;
  /** What went wrong at starts. */
  failedStarts(): readonly string[];
  /** What it has said on the terminal, over all starts. */
  said(): string;
}

export function createInstallation({
  dataDir,
  env,
  journal,
}: {
  readonly dataDir: string;
  readonly env: Environment;
  readonly journal: Journal;
}): Installation {
  const failed: string[] = [];
  const texts: (() => string)[] = [];
  let product: Product | null = null;
  let gateways: readonly Gateway[] = [];

  const running = (): Product => {
    if (product === null) throw new Error('The product was not started.');
    return product;
  };

  async function start(): Promise<void> {
    const beganMs = performance.now();
    const launched = launchProduct({ dataDir, env });
    texts.push(launched.said);
    try {
      product = await launched.ready;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      failed.push(why);
      journal.say(`up did not start: ${why}`);
      if (failed.length >= MAX_STARTS) throw error;
      return start();
    }
    const urls = readFileSync(join(dataDir, 'server-url'), 'utf8').trim().split('\n');
    gateways = urls.map((url, index) => ({ id: index === 0 ? 'server' : `server-${index + 1}`, url }));
    const names = gateways.map(({ id, url }) => `${id} ${url}`).join(', ');
    journal.say(`up (process ${product.pid}) is ready after ${Math.round(performance.now() - beganMs)} ms: ${names}`);
  }

  return {
    dataDir,
    instanceId: () => readFileSync(join(dataDir, 'instance-id'), 'utf8').trim(),
    token: () => running().token,
    gateways: () => gateways,
    supervisorPid: () => running().pid,
    children: () => running().processes(),
    buildProcesses: () => running().buildProcesses(),
    start,
    stop: async () => (product === null ? null : product.stop()),
    async abandon() {
      if (product === null) return;
      const stopped = product.stop().then(() => true);
      if (await Promise.race([stopped, delay(STOP_PATIENCE_MS, false, { ref: false })])) return;
      for (const pid of [product.pid, ...Object.values(product.processes()), ...product.buildProcesses()]) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // ended by itself
        }
      }
    },
    failedStarts: () => failed,
    said: () => texts.map((text) => text()).join('\n'),
  };
}

/** The ids of the servers that have kept read models in a data directory, and the file of each. */
export function readModelFiles(dataDir: string): readonly { readonly id: string; readonly file: string }[] {
  const others = existingFolders(join(dataDir, 'servers'));
  return [
    { id: 'server', file: join(dataDir, 'read-models.sqlite') },
    ...others.map((id) => ({ id, file: join(dataDir, 'servers', id, 'read-models.sqlite') })),
  ];
}

function existingFolders(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // there is one server only
  }
}
