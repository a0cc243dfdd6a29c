import { readFile, rename, rm, writeFile } from 'node:fs/promises';

const ownerOnly = 0o600;
let written = 0;

/** The content of a file; null where there is none. */
export async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/**
 * Writes a file that only its owner can read: aside, and put in place when it is on the disk, so that neither a full one
 * nor a loss of power leaves half of it.
 */
export async function putFile(
  file: string,
  text: string,
  put: (from: string, to: string) => Promise<void> = rename,
): Promise<void> {
  const next = `${file}.${process.pid}-${written++}`; // several servers may write it at one moment
  try {
    await writeFile(next, text, { mode: ownerOnly, flush: true });
    await put(next, file);
  } finally {
    await rm(next, { force: true });
  }
}

export const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
