import { describe, expect, it } from 'vitest';
import { nothingKilled } from '../../src/sandbox/end-processes.ts';
import { createProcessGroupSandbox } from '../../src/sandbox/process-group.ts';
import { hasProcessTable } from '../../src/sandbox/process-table.ts';
import { node, path, start } from '../fixtures/run-command.ts';

describe('a command', () => {
  it('reports its exit code, its lines from both streams, and nothing left', async () => {
    const { result, lines } = start('echo out; echo err >&2; exit 3');
    expect(await result).toMatchObject({ exitCode: 3, ending: 'exited', killed: nothingKilled, nothingLeft: true });
    expect(lines.toSorted()).toEqual(['err', 'out']);
  });

  it('sees the given environment, the marks, and nothing of ours', async () => {
    process.env.YARDMASTER_TEST_SECRET = 'secret';
    const { result, lines } = start('env');
    await result;
    delete process.env.YARDMASTER_TEST_SECRET;
    const names = lines
      .map((line) => line.split('=')[0])
      .filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name ?? ''));
    expect(names.toSorted()).toEqual(['PATH', 'YARDMASTER_BUILD_JOB', 'YARDMASTER_BUILD_OWNER']);
  });

  it('that does not exist ends with exit code 127', async () => {
    const { result } = start('', { program: ['no-such-command-anywhere'] });
    expect(await result).toMatchObject({ exitCode: 127, ending: 'exited' });
  });

  it('in a folder that does not exist rejects', async () => {
    const sandbox = createProcessGroupSandbox({ owner: 'test/none', job: 'none/1' });
    const signal = new AbortController().signal;
    const run = sandbox.run({
      command: 'true',
      args: [],
      cwd: '/nowhere',
      env: path,
      timeoutMs: 1_000,
      signal,
      onLine: () => {},
    });
    await expect(run).rejects.toThrow('ENOENT');
  });

  it('is not started when it is cancelled already', async () => {
    const sandbox = createProcessGroupSandbox({ owner: 'test/none', job: 'none/1' });
    const signal = AbortSignal.abort();
    const run = sandbox.run({
      command: '/nowhere',
      args: [],
      cwd: '/nowhere',
      env: {},
      timeoutMs: 1_000,
      signal,
      onLine: () => {},
    });
    expect(await run).toMatchObject({ ending: 'cancelled', killed: nothingKilled, nothingLeft: true });
  });

  it.runIf(hasProcessTable)('is charged for the CPU time and memory of its children too', async () => {
    const burn = 'const until = process.cpuUsage().user + 300000; while (process.cpuUsage().user < until);';
    const { result } = start(`"${node}" -e '${burn}'; "${node}" -e '${burn}'`);
    const { cpuMs, peakMemoryBytes } = await result;
    expect(cpuMs).toBeGreaterThanOrEqual(600);
    expect(peakMemoryBytes).toBeGreaterThan(20_000_000);
  });

  it.runIf(hasProcessTable)('runs at low priority, in its session and among sessions', async () => {
    const { result, lines } = start('cat /proc/self/stat; cat /proc/self/autogroup 2>/dev/null || echo nice 10');
    await result;
    expect(lines[0]?.slice(lines[0].lastIndexOf(')')).split(' ')[17]).toBe('10');
    expect(lines[1]).toMatch(/nice 10$/);
  });
});
