import { expect, it } from 'vitest';
import { createBuildLog } from '../../src/build-log.ts';
import { createProcessGroupSandbox } from '../../src/sandbox/process-group.ts';
import { StepFailed } from '../../src/steps/step-failure.ts';
import { createStepRunner } from '../../src/steps/step-runner.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

let runs = 0;

/** What the step's command failed of, on a kernel with these counts of kills before and after it. */
const failureOf = async (script: string, counts: readonly [number | null, number | null]) => {
  const before = counts.values();
  runs += 1;
  const runner = createStepRunner({
    step: 'install',
    sandbox: createProcessGroupSandbox({ owner: `test-${process.pid}/w`, job: `runner-${process.pid}-${runs}/1` }),
    env: { PATH: process.env.PATH ?? '' },
    timeoutMs: 60_000,
    log: createBuildLog(() => {}),
    signal: new AbortController().signal,
    readOomKills: () => before.next().value ?? null,
  });
  const running = runner.run(['/bin/sh', '-c', script], { cwd: await temporaryFolder() });
  const error = await running.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof StepFailed ? error.failure : error;
};

it.each([
  ['by the kernel, which counted it', [3, 4], { code: 'out-of-memory', retryable: true }],
  ['by something else, since the kernel counted nothing', [3, 3], { code: 'killed', retryable: false }],
  ['by nobody knows what', [null, null], { code: 'killed', retryable: true }],
] as const)('says that a command was killed %s', async (_how, counts, failure) => {
  expect(await failureOf('sh -c "kill -9 \\$PPID"', counts)).toMatchObject(failure);
});

it('takes an ordinary failure for its own while the kernel kills others', async () => {
  expect(await failureOf('exit 1', [3, 4])).toBeNull();
});
