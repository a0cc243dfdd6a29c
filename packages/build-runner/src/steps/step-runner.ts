import { stripVTControlCharacters } from 'node:util';
import type { Step } from '@yardmaster/domain';
import type { BuildLog } from '../build-log.ts';
import { readOomKills as readOomKillsOfKernel } from '../sandbox/oom-kills.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Program } from '../tools/toolchain.ts';
import { StepCancelled, StepFailed, stepTimedOut } from './step-failure.ts';

export interface StepUsage {
  readonly durationMs: number;
  readonly exitCode: number | null;
  readonly cpuMs: number | null;
  readonly peakMemoryBytes: number | null;
}

export interface CommandOutput {
  readonly exitCode: number | null;
  /** The last lines of both streams, without colours, for reading causes out of them. */
  readonly lines: readonly string[];
}

/** What a step needs to run commands; it adds up what they used. One per step. */
export interface StepRunner {
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  notice(text: string): void;
  /** Resolves with any exit code; throws `StepCancelled`, or `StepFailed` when the step's time is up. */
  run(
    program: Program,
    options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
  ): Promise<CommandOutput>;
  usage(): StepUsage;
  /** False when a process of one of its commands could not be ended. */
  readonly nothingLeft: boolean;
}

/** Enough for the longest real explanation of a failure that was seen (npm's ERESOLVE and `tsc` on a broken project). */
const keptLines = 4_000;
const keptCharacters = 512 * 1024;

export const createStepRunner = ({
  step,
  sandbox,
  env,
  timeoutMs,
  log,
  signal,
  readOomKills = readOomKillsOfKernel,
}: {
  readonly step: Step;
  readonly sandbox: Sandbox;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly log: BuildLog;
  readonly signal: AbortSignal;
  readonly readOomKills?: () => number | null;
}): StepRunner => {
  const startedAt = performance.now();
  const elapsedMs = (): number => performance.now() - startedAt;
  let exitCode: number | null = null;
  let cpuMs: number | null = null;
  let peakMemoryBytes: number | null = null;
  let nothingLeft = true;

  return {
    env,
    signal,
    notice: (text) => log.write({ step, stream: 'system', text }),
    async run(program, options) {
      const lines: string[] = [];
      let characters = 0;
      const [command, ...args] = program;
      const oomKillsBefore = readOomKills();
      const result = await sandbox.run({
        command,
        args,
        cwd: options.cwd,
        env: { ...env, ...options.env },
        timeoutMs: Math.max(1, Math.ceil(timeoutMs - elapsedMs())),
        signal,
        onLine: ({ stream, text }) => {
          log.write({ step, stream, text });
          const plain = stripVTControlCharacters(text);
          lines.push(plain);
          characters += plain.length;
          while (lines.length > keptLines || characters > keptCharacters) characters -= lines.shift()?.length ?? 0;
        },
      });
      exitCode = result.exitCode;
      if (result.cpuMs !== null) cpuMs = (cpuMs ?? 0) + result.cpuMs;
      if (result.peakMemoryBytes !== null) peakMemoryBytes = Math.max(peakMemoryBytes ?? 0, result.peakMemoryBytes);
      nothingLeft &&= result.nothingLeft;
      if (signal.aborted) throw new StepCancelled(result.killed);
      if (result.ending === 'timed-out') throw stepTimedOut(timeoutMs);
      if (result.exitCode === sigkilled) throw killed({ before: oomKillsBefore, after: readOomKills() });
      if (result.exitCode !== 0 && lines.some(tellsOutOfMemory)) throw outOfMemory();
      return { exitCode: result.exitCode, lines };
    },
    usage: () => ({ durationMs: Math.round(elapsedMs()), exitCode, cpuMs, peakMemoryBytes }),
    get nothingLeft() {
      return nothingLeft;
    },
  };
};

/** The exit code of a shell whose command was ended by a SIGKILL, which was not ours. */
const sigkilled = 137;

const tellsOutOfMemory = (line: string): boolean =>
  /JavaScript heap out of memory|Cannot allocate memory|ENOMEM/.test(line);

/** The kernel counts what it kills to make room; where it counted nothing, the project's own commands are the suspects. */
const killed = ({ before, after }: { readonly before: number | null; readonly after: number | null }): StepFailed => {
  if (before !== null && after !== null && after > before) return outOfMemory();
  const isKnown = before !== null && after !== null;
  return new StepFailed({
    code: 'killed',
    message: isKnown
      ? 'A command of the step was killed (SIGKILL), and not by the kernel for want of memory.'
      : 'A command of the step was killed (SIGKILL): by one of its own commands, or because the machine ran out of memory.',
    hint: 'See the last lines of the log. A script that kills its own processes does this, and so does a person or a program that watches over the memory of the worker.',
    retryable: !isKnown,
  });
};

const outOfMemory = (): StepFailed =>
  new StepFailed({
    code: 'out-of-memory',
    message: 'The step ran out of memory.',
    hint: 'Retry it while fewer builds run, or give the worker more memory. Very large builds belong on a bigger worker.',
    retryable: true,
  });
