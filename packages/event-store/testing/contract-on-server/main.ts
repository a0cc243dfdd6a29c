/**
 * Runs the event store contract on the EventStoreDB server at EVENTSTORE_URL (`npm run contract:event-store`):
 *
 *     node packages/event-store/testing/contract-on-server/main.ts [--case <part of a case's name>]
 *
 * It writes to streams of its own only, and leaves them there. With EVENTSTORE_RESTART_CMD, a shell command that kills
 * the server and starts it again, there is one more case, which runs it under load. The exit code is 0 when every case
 * passed, 1 otherwise.
 */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openEventStoreDb } from '@yardmaster/event-store/eventstoredb';
import { serverOf } from '@yardmaster/protocol/event-store-url';
import { startVitest } from 'vitest/node';

const caseTimeoutMs = 120_000;

const { values } = parseArgs({ options: { case: { type: 'string' } } });
process.exitCode = await main(values.case);

async function main(nameOfCase: string | undefined): Promise<number> {
  const { EVENTSTORE_URL: url = '', EVENTSTORE_RESTART_CMD: restartCommand = '' } = process.env;
  const prefix = `contract${randomBytes(4).toString('hex')}`;
  const restarts = restartCommand === '' ? '' : ', which will be killed and started again';
  console.log(`The event store contract on ${serverOf(url)}${restarts}. Its streams are called ${prefix}….`);
  try {
    await (await openEventStoreDb({ url, streamPrefix: `${prefix}-` })).stop();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const { passed, all } = await runCases(prefix, nameOfCase);
  console.log(`${passed} of ${all} cases of the contract passed.`);
  return passed === all && all > 0 ? 0 : 1;
}

async function runCases(prefix: string, nameOfCase: string | undefined) {
  const vitest = await startVitest('test', [], {
    config: false,
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['*.test.ts'],
    watch: false,
    reporters: ['verbose'],
    env: { EVENTSTORE_CONTRACT_PREFIX: prefix },
    testTimeout: caseTimeoutMs,
    ...(nameOfCase !== undefined && { testNamePattern: nameOfCase }),
  });
  const states = vitest.state
    .getTestModules()
    .flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
  await vitest.close();
  return {
    passed: states.filter((state) => state === 'passed').length,
    all: states.filter((state) => state !== 'skipped').length,
  };
}
