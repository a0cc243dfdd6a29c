import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcesses, type Look, nothingKilled, signalProcess } from './end-processes.ts';
import { createLineSplitter } from './line-splitter.ts';
import { createProcessFamily, type ProcessFamily } from './process-family.ts';
import { hasProcessTable } from './process-table.ts';
import type { Sandbox, SandboxCommand, SandboxResult } from './sandbox.ts';

/** Carried by every process of a build, so that it is found whatever it does to leave its group. */
export const ownerVariable = 'YARDMASTER_BUILD_OWNER';
export const jobVariable = 'YARDMASTER_BUILD_JOB';

/** Short commands are looked at often, long ones cheaply: the pause grows from the first to the second figure. */
const samplePausesMs = { shortest: 20, longest: 200 };
/** Output that is still in the pipes when the command has ended is read for at most this long. */
const drainMs = 1_000;

/** Of a build, so that server and message server get the processor first whenever they want it. */
const niceness = '10';
const nicePath = ['/usr/bin/nice', '/bin/nice'].find((path) => existsSync(path));

/**
 * Runs commands in a process group of their own, with a cleaned environment and at low priority.
 *
 * What it isolates: the environment, the signals and the lifetime of a build. What it does not: a build runs as the
 * same user, sees the same files and the same network, and has no memory limit. Where there is no /proc, only the
 * group itself is killed and neither CPU time nor memory are known.
 */
export const createProcessGroupSandbox = ({
  owner,
  job,
}: {
  /** `<instance>/<worker id>`: found again after a crash of the worker, to end what it left behind. */
  readonly owner: string;
  /** `<job id>/<attempt>` */
  readonly job: string;
}): Sandbox => ({
  async run(command) {
    if (command.signal.aborted) return neverStarted;
    const startedAt = performance.now();
    const folder = await realpath(command.cwd);
    const child = await start(command, { [ownerVariable]: owner, [jobVariable]: job });
    const family = createProcessFamily({ rootPid: child.pid, mark: `${jobVariable}=${job}`, folder });
    const stopSampling = sample(family);
    try {
      const ending = await waitForEnd(child, command);
      const stopped = ending === 'cancelled' || ending === 'timed-out';
      const look = (): Look => (hasProcessTable ? family.look({ byMark: true }) : lookAtGroup(child.pid));
      const ended = await endProcesses({ look, gracefully: stopped, thoroughly: stopped });
      if (ending instanceof Error) throw ending;
      const cpuMs = await child.finish();
      return {
        exitCode: child.process.exitCode,
        durationMs: Math.round(performance.now() - startedAt),
        cpuMs: hasProcessTable ? Math.round(Math.max(family.cpuMs, cpuMs)) : null,
        peakMemoryBytes: hasProcessTable ? family.peakMemoryBytes : null,
        ending,
        ...ended,
      };
    } finally {
      stopSampling();
    }
  },
});

const sample = (family: ProcessFamily): (() => void) => {
  let pauseMs = samplePausesMs.shortest;
  const look = (): void => {
    family.look({ byMark: false });
    pauseMs = Math.min(samplePausesMs.longest, pauseMs * 1.2);
    timer = setTimeout(look, pauseMs);
  };
  let timer = setTimeout(look, pauseMs);
  return () => clearTimeout(timer);
};

const neverStarted: SandboxResult = {
  exitCode: null,
  durationMs: 0,
  cpuMs: null,
  peakMemoryBytes: null,
  ending: 'cancelled',
  killed: nothingKilled,
  nothingLeft: true,
};

/**
 * Runs the command, then writes the CPU time of all that was waited for to descriptor 3: sampling would miss some.
 * Where Linux groups processes by session (`sched_autogroup`), niceness counts only within a session, and a build is one
 * of its own; so the session itself is made nice first.
 */
const timedScript = [
  `if [ -w /proc/self/autogroup ]; then echo ${niceness} 2>/dev/null >/proc/self/autogroup; fi`,
  '"$@" 3>&-; code=$?; times >&3; exit $code',
].join('\n');

interface StartedChild {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Reads the output to its end, once nothing writes to it any more, and gives the CPU time that sh measured. */
  finish(): Promise<number>;
}

const start = async (command: SandboxCommand, marks: Readonly<Record<string, string>>): Promise<StartedChild> => {
  const shell = ['/bin/sh', '-c', timedScript, 'sh', command.command, ...command.args];
  const [file = '', ...args] = nicePath === undefined ? shell : [nicePath, '-n', niceness, ...shell];
  const child = spawn(file, args, {
    cwd: command.cwd,
    env: { ...command.env, ...marks },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  await once(child, 'spawn');
  const closed = once(child, 'close');
  splitLines(child.stdout, (text) => command.onLine({ stream: 'stdout', text }));
  splitLines(child.stderr, (text) => command.onLine({ stream: 'stderr', text }));
  let times = '';
  (child.stdio[3] as Readable).on('data', (chunk: Buffer) => {
    times += chunk.toString('latin1');
  });
  return {
    process: child,
    // A child that has emitted "spawn" has a pid.
    pid: child.pid as number,
    async finish() {
      const drained = new AbortController();
      await Promise.race([closed, delay(drainMs, undefined, { signal: drained.signal }).catch(() => {})]);
      drained.abort();
      for (const stream of child.stdio) stream?.destroy();
      return parseTimes(times);
    },
  };
};

const splitLines = (stream: Readable | null, onLine: (text: string) => void): void => {
  const splitter = createLineSplitter(onLine);
  stream?.on('data', (chunk: Buffer) => splitter.push(chunk));
  stream?.on('close', () => splitter.end());
};

/** The second line of the shell's `times` holds user and system time of its children: `0m1.230s 0m0.450s`. */
const parseTimes = (text: string): number => {
  const children = text.split('\n')[1] ?? '';
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1_000,
    0,
  );
};

/** Never rejects: whatever happens, the caller goes on to end what was started. */
const waitForEnd = async (
  child: StartedChild,
  { timeoutMs, signal }: SandboxCommand,
): Promise<SandboxResult['ending'] | Error> => {
  try {
    const timeout = AbortSignal.timeout(timeoutMs);
    const stop = AbortSignal.any([signal, timeout]);
    const exited = child.process.exitCode !== null || child.process.signalCode !== null;
    if (!exited) await once(child.process, 'exit', { signal: stop });
    return 'exited';
  } catch (error) {
    if (signal.aborted) return 'cancelled';
    return error instanceof Error && error.name === 'AbortError' ? 'timed-out' : (error as Error);
  }
};

/** Where there is no process table the group is all that can be looked at, and only as a whole. */
const lookAtGroup = (groupId: number): Look => {
  const alive = signalProcess(-groupId, 0) ? [{ pid: groupId, groupId, startTicks: 0 }] : [];
  return { alive, groups: new Set(alive.map(({ pid }) => pid)), certain: true };
};
