import { execFile } from 'node:child_process';
import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const maxTries = 8;
const firstPauseMs = 20;
const longestPauseMs = 500;

/**
 * Removes a build's folder whole, also where the build took away permissions from folders or made more of them below one
 * another than a path can name, and tries again while something still writes into it. Links are removed, never followed. Resolves to whether the folder is gone: after some
 * tries, or when `signal` aborts; what is being removed just then may go a little later. Never rejects; safe to repeat.
 */
export const removeWorkspace = async (directory: string, signal: AbortSignal): Promise<boolean> => {
  const tooLate = new Promise<boolean>((resolve) => {
    if (signal.aborted) resolve(false);
    else signal.addEventListener('abort', () => resolve(false), { once: true });
  });
  return await Promise.race([tryToRemove(directory, signal), tooLate]);
};

const tryToRemove = async (directory: string, signal: AbortSignal): Promise<boolean> => {
  let pauseMs = firstPauseMs;
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      await rm(directory, { recursive: true, force: true });
    } catch (error) {
      if (isPathTooLong(error)) await removeByPrograms(directory, signal);
      else await makeWritable(directory);
    }
    if (await isGone(directory)) return true;
    if (tries === maxTries) break;
    await delay(pauseMs, undefined, { signal }).catch(() => {});
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
  return false;
};

const isGone = (directory: string): Promise<boolean> =>
  lstat(directory).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );

const isPathTooLong = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENAMETOOLONG';

/** These go down folder by folder, and so where no path leads. */
const removeByPrograms = async (directory: string, signal: AbortSignal): Promise<void> => {
  const script = 'exec 2>/dev/null; chmod -R u+rwX -- "$1"; rm -rf -- "$1"';
  await promisify(execFile)('/bin/sh', ['-c', script, 'sh', directory], { signal, env: {} }).catch(() => {});
};

/** Gives every folder its permissions back, as far as that goes. */
const makeWritable = async (directory: string): Promise<void> => {
  await chmod(directory, 0o700).catch(() => {});
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await makeWritable(join(directory, entry.name));
  }
};
