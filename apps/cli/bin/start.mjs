#!/usr/bin/env node
import { watchOurParent } from './bootstrap/parent-watch.mjs';
import { mainFile, runEntry, runProduct } from './bootstrap/run-product.mjs';

// `npm start`: everything a fresh machine needs, then the product, until SIGTERM or Ctrl-C.
const parentGone = watchOurParent();
await runEntry(() => runProduct([mainFile, 'up', ...process.argv.slice(2)], { ownGroup: true, parentGone }));
