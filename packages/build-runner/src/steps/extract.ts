import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { extractArchive } from '../archive/extract-archive.ts';
import type { ArchiveLimits } from '../archive/limits.ts';
import { formatBytes } from '../archive/rejection.ts';
import { StepCancelled, StepFailed, stepTimedOut } from './step-failure.ts';

export interface Extracted {
  readonly projectDirectory: string;
  readonly detail: string;
}

/** Unpacks the sources below `into` and steps into their single top folder, if they have one. Throws `StepFailed`. */
export const extract = async ({
  sourceFile,
  into,
  limits,
  timeoutMs,
  signal,
}: {
  readonly sourceFile: string;
  readonly into: string;
  readonly limits: ArchiveLimits;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}): Promise<Extracted> => {
  const timeout = AbortSignal.timeout(timeoutMs);
  await mkdir(into, { recursive: true });
  try {
    const extraction = await extractArchive({
      file: sourceFile,
      into,
      limits,
      signal: AbortSignal.any([signal, timeout]),
    });
    if (!extraction.ok) throw new StepFailed({ ...extraction.rejection, retryable: false });
    const { files, unpackedBytes, root } = extraction;
    return {
      projectDirectory: join(into, root),
      detail: `${files === 1 ? '1 file' : `${files.toLocaleString('en')} files`}, ${formatBytes(unpackedBytes)}`,
    };
  } catch (error) {
    if (signal.aborted) throw new StepCancelled();
    if (timeout.aborted) throw stepTimedOut(timeoutMs);
    if (isDiskFull(error)) throw diskFull();
    throw error;
  }
};

const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');

const diskFull = (): StepFailed =>
  new StepFailed({
    code: 'disk-full',
    message: 'The disk of the worker is full.',
    hint: 'Nothing is wrong with the project. Free space on the worker and retry.',
    retryable: true,
  });
