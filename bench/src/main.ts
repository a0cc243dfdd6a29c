import { parseArgs } from 'node:util';
import { append } from './append.ts';
import type { Aim, Bench } from './bench.ts';
import { copy } from './copy.ts';
import { dashboard } from './dashboard.ts';
import { eventStores } from './event-stores.ts';
import { live } from './live.ts';
import { memory } from './memory.ts';
import { recovery } from './recovery.ts';
import { replay } from './replay.ts';
import { start } from './start.ts';
import { upload } from './upload.ts';

/** In the order in which they run: what needs a quiet machine most comes first. */
const benches: Readonly<Record<string, Bench>> = {
  start,
  memory,
  upload,
  live,
  dashboard,
  append,
  'event-stores': eventStores,
  copy,
  replay,
  recovery,
};

const usage = `npm run bench [-- <name>… --quick]

Each bench runs beside its reference in the same run; ratios travel, absolute figures do not.
Names: ${Object.keys(benches).join(', ')}. --quick takes few samples, to see whether it works.
`;

process.exitCode = await main();

/** 0 when everything ran, whether or not the aims were met; 1 when a bench failed; 2 for a wrong name. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { quick: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    allowPositionals: true,
  });
  const unknown = positionals.filter((name) => !Object.hasOwn(benches, name));
  if (values.help || unknown.length > 0) {
    process.stderr.write(`${unknown.map((name) => `There is no bench "${name}".\n`).join('')}${usage}`);
    return values.help ? 0 : 2;
  }
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());

  const chosen = Object.entries(benches).filter(([name]) => positionals.length === 0 || positionals.includes(name));
  const lines: string[] = [];
  const aims: Aim[] = [];
  let failures = 0;
  for (const [name, bench] of chosen) {
    if (stopping.signal.aborted) break;
    console.log(`\n${name}${values.quick ? ' (quick: the figures say little)' : ''} …`);
    const startedAt = performance.now();
    try {
      const report = await bench({ quick: values.quick, signal: stopping.signal });
      console.table(report.table);
      for (const note of report.notes) console.log(note);
      const tookSeconds = Math.round((performance.now() - startedAt) / 1_000);
      lines.push(JSON.stringify({ bench: name, quick: values.quick, tookSeconds, ...report }));
      aims.push(...report.aims);
    } catch (error) {
      failures += 1;
      console.error(`${name} failed:`, error);
    }
  }
  summarise(lines, aims);
  return failures > 0 || stopping.signal.aborted ? 1 : 0;
}

function summarise(lines: readonly string[], aims: readonly Aim[]): void {
  console.log(`\n${lines.join('\n')}`);
  if (aims.length === 0) return;
  console.log('\nAims');
  console.table(aims.map(({ what, wanted, measured, met }) => ({ what, wanted, measured, met: met ? 'yes' : 'NO' })));
}
