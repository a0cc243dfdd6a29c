#!/usr/bin/env node
import { mainFile, runEntry, runProduct } from './bootstrap/run-product.mjs';

// The `yardmaster` command: runs on the Node that is there, brings its own, and says nothing when all is there.
const args = process.argv.slice(2);
await runEntry(() => runProduct([mainFile, ...args], { ownGroup: args[0] === 'up' }));
