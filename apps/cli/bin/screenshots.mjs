#!/usr/bin/env node
import { join } from 'node:path';
import { repositoryRoot } from './bootstrap/places.mjs';
import { runEntry, runProduct } from './bootstrap/run-product.mjs';

// `npm run screenshots`: set-up, then every look of the dashboard in a real browser; the guide's pictures are made anew.
const vitest = join(repositoryRoot, 'node_modules', 'vitest', 'vitest.mjs');
const looks = join('packages', 'testing', 'e2e', 'dashboard-looks.e2e.ts');
process.env.YARDMASTER_SCREENSHOTS = join(repositoryRoot, 'docs', 'guide', 'screenshots');
await runEntry(() => runProduct([vitest, 'run', '--project', 'end to end', looks], { cwd: repositoryRoot }));
