import { expect, test } from 'vitest';
import { runChaos } from '../chaos/chaos.ts';
import { verdictTable } from '../chaos/verdicts.ts';

/** What `npm run chaos -- --seed 36 --builds 30 --kills 12` does; probes are patient, so that no verdict depends on time. */
const SEED = 36;
const PROBE_PATIENCE_MS = 60_000;
const TIMEOUT_MS = 900_000;

test('whatever is killed or paused while builds run, nothing is lost, doubled or left behind', {
  timeout: TIMEOUT_MS,
}, async ({ signal }) => {
  const lines: string[] = [];
  const { verdicts, folder } = await runChaos({
    builds: 30,
    kills: 12,
    seed: SEED,
    servers: 2,
    workers: 3,
    store: 'sqlite',
    keep: false,
    probePatienceMs: PROBE_PATIENCE_MS,
    write: (line) => void lines.push(line),
    signal,
  }).finally(() => process.stdout.write(`${lines.join('\n')}\n`));
  process.stdout.write(`${verdictTable(verdicts)}\n`);
  const broken = verdicts.filter(({ holds, informational }) => !holds && !informational);
  expect(broken, `The data directory is kept in ${folder}.`).toEqual([]);
});
