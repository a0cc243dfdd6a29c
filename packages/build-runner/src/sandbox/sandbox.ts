import type { Ended } from './end-processes.ts';

export type OutputStream = 'stdout' | 'stderr';

/** One command of a build. Its environment is exactly `env`: nothing of this process is inherited. */
export interface SandboxCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onLine: (line: { readonly stream: OutputStream; readonly text: string }) => void;
}

/** `killed` is what was alive and had to end: on cancel and timeout, or left behind by the command. */
export interface SandboxResult extends Ended {
  /** Null when the command was ended by a signal or could not be started. */
  readonly exitCode: number | null;
  readonly durationMs: number;
  /** CPU time of the command and everything it started; null where it cannot be known. */
  readonly cpuMs: number | null;
  readonly peakMemoryBytes: number | null;
  readonly ending: 'exited' | 'timed-out' | 'cancelled';
}

/**
 * Runs the commands of builds, apart from the worker. Adapters differ in how much they isolate; all of them promise
 * that `run` resolves only when the command and what it started are gone, or says in `nothingLeft` that it failed to.
 * `run` rejects only when the command cannot be started at all. A cancel is a result, not an error.
 */
export interface Sandbox {
  run(command: SandboxCommand): Promise<SandboxResult>;
}
