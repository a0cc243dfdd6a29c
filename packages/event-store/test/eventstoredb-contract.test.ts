import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const wireServer = fileURLToPath(new URL('../testing/wire-server/main.ts', import.meta.url));
const contractOnServer = fileURLToPath(new URL('../testing/contract-on-server/main.ts', import.meta.url));
const npmScript = fileURLToPath(new URL('../../../apps/cli/bin/contract-event-store.mjs', import.meta.url));

/** Kills the server as a crash would, and starts it again on the same port; what it says goes to a file. */
const restart = `
  if [ -e pid ]; then kill -9 "$(cat pid)"; while kill -0 "$(cat pid)" 2>/dev/null; do sleep 0.01; done; fi
  "${process.execPath}" "${wireServer}" --file events.sqlite --port "$(cat port)" >log 2>&1 </dev/null &
  echo $! >pid
  while ! grep -q "on esdb:" log; do kill -0 "$(cat pid)" || exit 1; sleep 0.01; done
`;

interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

async function run(program: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  // What this test run was started with is not meant for the other one.
  const env = Object.entries(process.env).filter(([name]) => !/^(EVENTSTORE_|VITEST|NODE_V8_COVERAGE$)/.test(name));
  const child = spawn(process.execPath, program, {
    env: { ...Object.fromEntries(env), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [exit, ...output] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code: exit[0], output: output.join('') };
}

describe('the contract on a server', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contract-'));
    await writeFile(join(folder, 'restart.sh'), restart);
    await writeFile(join(folder, 'port'), '0');
    const started = spawn('sh', ['restart.sh'], { cwd: folder, stdio: 'ignore' });
    expect(await once(started, 'exit')).toEqual([0, null]);
    const [, port = ''] = /127\.0\.0\.1:(\d+)/.exec(await readFile(join(folder, 'log'), 'utf8')) ?? [];
    await writeFile(join(folder, 'port'), port);
  });
  afterEach(async () => {
    process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), 'SIGKILL');
    await rm(folder, { recursive: true });
  });
  const runCases = async (nameOfCase: string, settings: Readonly<Record<string, string>>) => {
    const url = `esdb://admin:changeit@127.0.0.1:${await readFile(join(folder, 'port'), 'utf8')}?tls=false`;
    return run([contractOnServer, '--case', nameOfCase], { EVENTSTORE_URL: url, ...settings });
  };

  test('holds while the server is killed and started again', { timeout: 240_000 }, async () => {
    const first = await readFile(join(folder, 'pid'), 'utf8');
    const settings = { EVENTSTORE_RESTART_CMD: `cd "${folder}" && sh restart.sh` };
    const { code, output } = await runCases('loses and doubles nothing', settings);
    expect({ code, output }).toEqual({
      code: 0,
      output: expect.stringContaining('1 of 1 cases of the contract passed.'),
    });
    expect(output).toMatch(/^The event store contract on 127\.0\.0\.1:\d+, which will be killed and started again\./);
    expect(output).not.toContain('changeit');
    expect(await readFile(join(folder, 'pid'), 'utf8')).not.toBe(first);
  });

  test('is broken by a server that starts again without its data', { timeout: 240_000 }, async () => {
    const settings = { EVENTSTORE_RESTART_CMD: `cd "${folder}" && rm -f events.sqlite* && sh restart.sh` };
    const { code, output } = await runCases('loses and doubles nothing', settings);
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringContaining('0 of 1 cases of the contract passed.'),
    });
  });

  test('asks for the server that is missing', async () => {
    const { code, output } = await run([npmScript]);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('EVENTSTORE_URL is missing') });
  });

  test('says in one line that the server cannot be reached, without the password', async () => {
    const settings = { EVENTSTORE_URL: 'esdb://admin:changeit@127.0.0.1:1?tls=false' };
    const { code, output } = await run([contractOnServer], settings);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('ECONNREFUSED') });
    expect(output).not.toContain('changeit');
    expect(output.trim().split('\n')).toHaveLength(2);
  });
});
