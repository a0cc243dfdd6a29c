import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes a build's folder whole, also where the build took away write permission from folders. Safe to repeat, and
 * does nothing when the folder is gone. Links are removed, never followed.
 */
export const removeWorkspace = async (directory: string): Promise<void> => {
  const options = { recursive: true, force: true, maxRetries: 3, retryDelay: 50 };
  try {
    await rm(directory, options);
  } catch (error) {
    if (!isPermissionError(error)) throw error;
    await makeWritable(directory);
    await rm(directory, options);
  }
};

const isPermissionError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');

const makeWritable = async (directory: string): Promise<void> => {
  await chmod(directory, 0o700);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(directory, entry.name));
  }
};
