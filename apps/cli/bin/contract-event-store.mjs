#!/usr/bin/env node
import { repositoryRoot } from './bootstrap/places.mjs';
import { runEntry, runProduct } from './bootstrap/run-product.mjs';
import { SetUpError } from './bootstrap/set-up-error.mjs';

// `EVENTSTORE_URL=esdb://… npm run contract:event-store`: set-up, then the event store contract on that server.
await runEntry(() => {
  if (!process.env.EVENTSTORE_URL) {
    throw new SetUpError('EVENTSTORE_URL is missing: the connection string of the server to run the contract on.');
  }
  const program = `${repositoryRoot}/packages/event-store/testing/contract-on-server/main.ts`;
  return runProduct([program, ...process.argv.slice(2)], { cwd: repositoryRoot });
});
