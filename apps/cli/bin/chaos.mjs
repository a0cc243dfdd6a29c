#!/usr/bin/env node
import { repositoryRoot } from './bootstrap/places.mjs';
import { runEntry, runProduct } from './bootstrap/run-product.mjs';

// `npm run chaos [-- options]`: set-up, then the product under kills and pauses, and what came of it.
const args = process.argv.slice(2);
const program = `${repositoryRoot}/packages/testing/chaos/main.ts`;
await runEntry(() => runProduct([program, ...args], { cwd: repositoryRoot }));
