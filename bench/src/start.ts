import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { aimBelow, type Bench } from './bench.ts';
import { median, rounded } from './percentiles.ts';
import { startProduct } from './started-product.ts';
import { temporaryFolder } from './temporary-folder.ts';

const aimSeconds = 5;
const rounds = 3;

/**
 * A second `npm start` (all set up, with a data directory that there is) until builds can run. In turns with it: a Node
 * that does nothing, and a nats-server and an empty HTTP server started together until both answer.
 */
export const start: Bench = async ({ signal }) => {
  await using folder = await temporaryFolder();
  const dataDir = join(folder.path, 'data');
  const servesMs: number[] = [];
  const readyMs: number[] = [];
  const nodeMs: number[] = [];
  const bareMs: number[] = [];
  // The first start sets up where that was not done, and makes the data directory.
  for (let round = 0; round <= rounds; round++) {
    nodeMs.push(await timed(() => runNode(['-e', '0'])));
    bareMs.push(await startBare(join(folder.path, `bare-${round}`)));
    await using product = await startProduct({ dataDir, signal });
    servesMs.push(product.servesAfterMs);
    readyMs.push(product.readyAfterMs);
  }
  const row = (what: string, samplesMs: readonly number[]) => ({
    what,
    medianSeconds: rounded(median(samplesMs.slice(1)) / 1_000, 2),
    allSeconds: samplesMs
      .slice(1)
      .map((ms) => rounded(ms / 1_000, 2))
      .join(' '),
  });
  const ready = row('npm start → builds can run', readyMs);
  return {
    table: [
      row('npm start → /readyz answers 200', servesMs),
      ready,
      row('reference: node -e 0', nodeMs),
      row('reference: bare nats-server and node:http answer', bareMs),
    ],
    notes: [],
    aims: [aimBelow('second npm start to ready, median', aimSeconds, 's', ready.medianSeconds)],
  };
};

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function runNode(args: readonly string[]): Promise<void> {
  await once(spawn(process.execPath, args, { stdio: 'ignore' }), 'exit');
}

const listening = `require('node:http').createServer((req, res) => res.end()).listen(0, '127.0.0.1', function () {
  process.send(this.address().port);
});`;

/** Wall time until both answer; both have ended when it resolves. */
async function startBare(folder: string): Promise<number> {
  await mkdir(folder);
  const startedAt = performance.now();
  const nats = spawn('nats-server', ['-a', '127.0.0.1', '-p', '-1', '-js', '-sd', folder, '--ports_file_dir', folder], {
    stdio: 'ignore',
  });
  const http = spawn(process.execPath, ['-e', listening], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const ended = [once(nats, 'exit'), once(http, 'exit')];
  try {
    const [[port]] = await Promise.all([once(http, 'message'), untilPortsFile(folder)]);
    await (await fetch(`http://127.0.0.1:${port}/`)).text();
    return performance.now() - startedAt;
  } finally {
    nats.kill('SIGINT');
    http.kill();
    await Promise.all(ended);
  }
}

async function untilPortsFile(folder: string): Promise<void> {
  while (!existsSync(folder) || !readdirSync(folder).some((name) => name.endsWith('.ports'))) await delay(5);
}
