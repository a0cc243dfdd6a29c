import { readFileSync } from 'node:fs';
import { nearestName } from '@yardmaster/protocol/nearest-name';
import { type Command, CommandError, type CommandIo, Interrupted, UsageError } from './command.ts';
import { listenForStopSignals } from './stop-signals.ts';

/** What shells give for a program that Ctrl-C ended. */
const INTERRUPTED_EXIT_CODE = 130;

/** Loaded on demand, so that `up`, which lives long, holds nothing of the others in memory. */
const commands: Readonly<Record<string, () => Promise<{ readonly command: Command }>>> = {
  up: () => import('./up/up.ts'),
  deploy: () => import('./commands/deploy.ts'),
  logs: () => import('./commands/logs.ts'),
  events: () => import('./commands/events.ts'),
  replay: () => import('./commands/replay.ts'),
  cancel: () => import('./commands/cancel.ts'),
  retry: () => import('./commands/retry.ts'),
  queue: () => import('./commands/queue.ts'),
  'dead-letters': () => import('./commands/dead-letters.ts'),
  release: () => import('./commands/release.ts'),
  copy: () => import('./commands/copy.ts'),
  verify: () => import('./commands/verify.ts'),
  link: () => import('./commands/link.ts'),
};

process.exitCode = await main(process.argv.slice(2), processIo());

async function main(args: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') return showHelp(rest[0], io);
  if (name === '--version' || name === '-v') {
    io.out(`${version()}\n`);
    return 0;
  }
  const load = commands[name];
  if (load === undefined || !Object.hasOwn(commands, name)) return unknownCommand(name, io);
  // `up` outlives the terminal it writes to; every other command ends with the pipe that reads it.
  process.stdout.on('error', () => name === 'up' || process.exit(0));
  process.stderr.on('error', () => {});
  if (rest.includes('--help') || rest.includes('-h')) return showHelp(name, io);
  return runCommand((await load()).command, rest, io);
}

async function runCommand(command: Command, args: readonly string[], io: CommandIo): Promise<number> {
  try {
    return await command.run(args, io);
  } catch (error) {
    if (isUsageError(error)) {
      io.err(`yardmaster: ${error.message}\n\nUsage: yardmaster ${command.usage}\n`);
      return 2;
    }
    if (error instanceof Interrupted) return INTERRUPTED_EXIT_CODE;
    if (!(error instanceof CommandError)) throw error;
    io.err(`yardmaster: ${error.message}\n`);
    return 1;
  }
}

function isUsageError(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}

async function showHelp(name: string | undefined, io: CommandIo): Promise<number> {
  const load = name === undefined || !Object.hasOwn(commands, name) ? undefined : commands[name];
  if (load !== undefined) {
    const { summary, usage } = (await load()).command;
    io.out(`${summary}\n\nUsage: yardmaster ${usage}\n`);
    return 0;
  }
  const longest = Math.max(...Object.keys(commands).map(({ length }) => length));
  const lines = await Promise.all(
    Object.entries(commands).map(
      async ([key, entry]) => `  ${key.padEnd(longest)}  ${(await entry()).command.summary}\n`,
    ),
  );
  io.out(`yardmaster <command> [options]\n\n${lines.join('')}\nyardmaster <command> --help shows its options.\n`);
  return 0;
}

function unknownCommand(name: string, io: CommandIo): number {
  const nearest = nearestName(name, Object.keys(commands));
  const hint = nearest === null ? 'yardmaster --help lists them all.' : `Did you mean "${nearest}"?`;
  io.err(`yardmaster: there is no command "${name}". ${hint}\n`);
  return 2;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return String((manifest as { readonly version: unknown }).version); // our own manifest, always with a version
}

function processIo(): CommandIo {
  const { signal, force } = listenForStopSignals();
  force.addEventListener('abort', () => setImmediate(() => process.exit(INTERRUPTED_EXIT_CODE)));
  return {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true,
    isOutTerminal: process.stdout.isTTY === true,
    signal,
    force,
  };
}
