import { describe, expect, it } from 'vitest';
import { nothingKilled } from '../../src/sandbox/end-processes.ts';
import { endStrayProcesses } from '../../src/sandbox/end-stray-processes.ts';
import { createProcessGroupSandbox } from '../../src/sandbox/process-group.ts';
import { hasProcessTable, readProcessTable } from '../../src/sandbox/process-table.ts';
import { createLatch } from '../fixtures/latch.ts';

const node = process.execPath;
const path = { PATH: '/usr/local/bin:/usr/bin:/bin' };
let jobs = 0;

const start = (script: string, options: { readonly timeoutMs?: number; readonly program?: readonly string[] } = {}) => {
  jobs += 1;
  const owner = `test-${process.pid}/worker-${jobs}`;
  const sandbox = createProcessGroupSandbox({ owner, job: `job-${process.pid}-${jobs}/1` });
  const lines: string[] = [];
  const abort = new AbortController();
  const said = createLatch<string>();
  const [command = '', ...args] = options.program ?? ['/bin/sh', '-c', script];
  const result = sandbox.run({
    command,
    args,
    cwd: '/tmp',
    env: path,
    timeoutMs: options.timeoutMs ?? 20_000,
    signal: abort.signal,
    onLine: ({ text }) => {
      lines.push(text);
      said.open(text);
    },
  });
  return { result, lines, abort, firstLine: said.opened, owner };
};

const isAlive = (pid: number): boolean => readProcessTable().some((entry) => entry.pid === pid && !entry.zombie);

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

describe.runIf(hasProcessTable)('ending a command', () => {
  it('takes everything along: children, and a grandchild in a session of its own that ignores SIGTERM', async () => {
    // The grandchild says its id itself, so it has certainly left the group by then.
    const escapee = `trap "" TERM; echo $$; while :; do sleep 1; done`;
    const { result, abort, firstLine } = start(`setsid sh -c '${escapee}' & sleep 60 & wait`);
    const pid = Number(await firstLine);
    expect(isAlive(pid)).toBe(true);
    abort.abort();
    const ended = await result;
    expect(ended).toMatchObject({ ending: 'cancelled', exitCode: null, nothingLeft: true });
    expect(ended.killed.count).toBeGreaterThanOrEqual(4);
    expect(isAlive(pid)).toBe(false);
  });

  it('finds a daemon that lost its parent before it was ever looked at', async () => {
    const { result, lines } = start(`setsid sh -c 'echo $$; exec sleep 60' & exit 0`);
    const ended = await result;
    expect(ended).toMatchObject({ ending: 'exited', nothingLeft: true });
    for (const line of lines) expect(isAlive(Number(line))).toBe(false);
  });

  it('gives a command time to end by itself', async () => {
    const { result, lines, abort, firstLine } = start(
      `trap 'echo cleaned up; exit 0' TERM; echo ready; while :; do sleep 0.05; done`,
    );
    await firstLine;
    abort.abort();
    expect(await result).toMatchObject({ ending: 'cancelled', nothingLeft: true });
    expect(lines).toContain('cleaned up');
  });

  it('happens by itself when the time is up', async () => {
    const { result } = start('sleep 60', { timeoutMs: 50 });
    expect(await result).toMatchObject({ ending: 'timed-out', nothingLeft: true });
  });

  it('is done after a crash of the worker, by the mark of its owner', async () => {
    const { result, firstLine, owner } = start(`setsid sh -c 'echo $$; exec sleep 60' & wait`);
    const pid = Number(await firstLine);
    expect((await endStrayProcesses({ owner })).killed.count).toBeGreaterThanOrEqual(2);
    expect(isAlive(pid)).toBe(false);
    expect(await endStrayProcesses({ owner })).toEqual({ killed: nothingKilled, nothingLeft: true });
    await result;
  });
});
