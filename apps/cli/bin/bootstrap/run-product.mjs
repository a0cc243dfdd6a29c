import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { repositoryRoot } from './places.mjs';
import { setUp } from './set-up.mjs';
import { SetUpError } from './set-up-error.mjs';
import { nodePath } from './toolchain.mjs';

const STOP_SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM']);

/** The supervisor lives long and does little: this saves it 8 MB of resident memory. */
const SMALL = /** @type {const} */ (['--max-semi-space-size=1']);

/**
 * Sets up, then runs a program of the repository on the pinned Node until it ends, and exits with its code.
 *
 * Signals are passed on. With `ownGroup` the program is out of reach of the terminal and of signals to our group, so
 * it is asked to stop once, by us; it notices by its IPC channel when we are gone. `parentGone`, polled, makes the
 * program stop when whoever started us has vanished without a word.
 *
 * @param {readonly string[]} args what follows `node`
 * @param {{ readonly ownGroup?: boolean, readonly parentGone?: () => boolean, readonly cwd?: string }} [options]
 * @returns {Promise<number>} the exit code
 */
export async function runProduct(args, { ownGroup = false, parentGone, cwd } = {}) {
  const env = await setUp();
  const child = spawn(nodePath, ['--disable-warning=ExperimentalWarning', ...(ownGroup ? SMALL : []), ...args], {
    argv0: 'yardmaster',
    cwd: cwd ?? process.cwd(),
    detached: ownGroup,
    env,
    stdio: ownGroup ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
  });
  for (const signal of STOP_SIGNALS) process.on(signal, () => child.kill(signal));
  const watch = parentGone === undefined ? undefined : watchParent(parentGone, () => child.kill('SIGTERM'));
  const code = await exitCodeOf(child);
  clearInterval(watch);
  return code;
}

/** The entry of the command line, for `runProduct`. */
export const mainFile = `${repositoryRoot}/apps/cli/src/main.ts`;

/**
 * Runs an entry point: its exit code becomes ours, and a set-up that cannot go on is one message, not a stack.
 *
 * @param {() => Promise<number>} entry
 */
export async function runEntry(entry) {
  try {
    process.exitCode = await entry();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    process.stderr.write(`\nyardmaster: ${error.message}\n`);
    process.exitCode = 1;
  }
}

const PARENT_POLL_MS = 500;

/** @param {() => boolean} isGone @param {() => void} stop */
function watchParent(isGone, stop) {
  const timer = setInterval(() => {
    if (!isGone()) return;
    clearInterval(timer);
    stop();
  }, PARENT_POLL_MS);
  return timer;
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<number>} */
function exitCodeOf(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
