/**
 * What a command may touch of the world, so that a test can run it without a process of its own.
 *
 * `out` carries the answer (and nothing else, so that `--json` stays parseable), `err` everything meant for a person
 * only: progress, notices, problems. Both write the text as it is, without adding a line end.
 */
export type CommandIo = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** True when `err` is a terminal: progress bars and colours make sense. */
  readonly isTerminal: boolean;
  /** The same for `out`. */
  readonly isOutTerminal: boolean;
  /** Aborted at the first Ctrl-C or SIGTERM; a command then ends by itself, soon. */
  readonly signal: AbortSignal;
  /** Aborted at a second one, more than a second later: the process ends right after the listeners have run. */
  readonly force: AbortSignal;
};

/** One subcommand of `yardmaster`, exported as `command` from `commands/<name>.ts`. */
export type Command = {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What stands after `yardmaster `, then a blank line, then the options, as `--help` shows it. */
  readonly usage: string;
  /** Resolves to the exit code. A `UsageError` (also those of `node:util` parseArgs) becomes exit code 2. */
  run(args: readonly string[], io: CommandIo): Promise<number>;
};

/** The command line itself is wrong; shown with the command's usage, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Ends a command with one line for a person, without a stack; exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Ends a command that Ctrl-C broke off; exit code 130. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}
