import { writeSync } from 'node:fs';
import { openReadModels } from '../../src/projections/open-read-models.ts';
import { createHistory } from './build-history.ts';
import { cutBatches } from './cut-batches.ts';
import { playRandomly } from './random-history.ts';

// Run as a process of its own: projects a history into a file, writes a dot for each committed batch, and then lives on
// until it is killed.
const [file = '', choices = '[]'] = process.argv.slice(2);
const history = createHistory();
await playRandomly(history, JSON.parse(choices));
const readModels = openReadModels({
  file,
  store: cutBatches(history.store, [1, 2, 3]),
  previewUrl: (label) => label,
  clock: history.clock,
});
readModels.onBatch(() => void writeSync(1, '.'));
setInterval(() => {}, 60_000);
await readModels.start();
