#!/usr/bin/env node
import { repositoryRoot } from './bootstrap/places.mjs';
import { runEntry, runProduct } from './bootstrap/run-product.mjs';

// `npm run bench [-- <name>]`: set-up, then the measurements of bench/.
const args = process.argv.slice(2);
await runEntry(() => runProduct([`${repositoryRoot}/bench/src/main.ts`, ...args], { cwd: repositoryRoot }));
