import { runChaos } from './chaos.ts';
import { type ChaosOptions, readOptions, usage } from './options.ts';
import { verdictTable } from './verdicts.ts';

const PROBE_PATIENCE_MS = 10_000;

process.exitCode = await main();

/** 0 when every verdict holds; 1 when one does not, or it could not be carried through; 2 for wrong options. */
async function main(): Promise<number> {
  const options = optionsOrUsage();
  if (typeof options === 'number') return options;
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const write = (line: string) => void process.stdout.write(`${line}\n`);
  try {
    const run = { ...options, probePatienceMs: PROBE_PATIENCE_MS, write, signal: stopping.signal };
    const { verdicts, holds, folder, seed } = await runChaos(run);
    write(`\n${verdictTable(verdicts)}\n`);
    if (!holds || options.keep) write(`The data directory and its logs are kept in ${folder}`);
    write(holds ? `Every verdict holds (seed ${seed}).` : `Not every verdict holds (seed ${seed}).`);
    return holds ? 0 : 1;
  } catch (error) {
    write(`Given up: ${error instanceof Error ? error.stack : error}`);
    return 1;
  }
}

function optionsOrUsage(): ChaosOptions | number {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options !== 'help') return options;
    process.stdout.write(usage);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return 2;
  }
}
