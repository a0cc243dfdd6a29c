import type { ArchiveLimits } from './limits.ts';
import { asArchiveFailure } from './rejection.ts';
import { walkTarGz } from './walk-tar-gz.ts';
import { walkZip } from './walk-zip.ts';

export type ArchiveFormat = 'zip' | 'tar.gz';

/** What is done with the entries that the guards admitted. A visitor that throws ends the walk. */
export interface EntryVisitor {
  /** Has to read the content to its end. Reading counts the bytes and throws when a limit is passed. */
  onFile(entry: { readonly path: string; readonly executable: boolean }, content: AsyncIterable<Buffer>): Promise<void>;
  onDirectory(path: string): Promise<void>;
  onSymlink(link: { readonly path: string; readonly target: string }): Promise<void>;
}

export interface ArchiveTotals {
  readonly files: number;
  readonly unpackedBytes: number;
}

export interface WalkOptions {
  readonly limits: ArchiveLimits;
  readonly visitor: EntryVisitor;
  readonly signal: AbortSignal;
}

/**
 * Visits every entry of an archive file under all guards: the one implementation behind inspecting and extracting.
 * Throws `ArchiveRejected` when the archive is at fault and the original error when this machine is.
 */
export const walkArchive = async (
  options: WalkOptions & { readonly file: string; readonly format: ArchiveFormat },
): Promise<ArchiveTotals> => {
  try {
    return await (options.format === 'zip' ? walkZip(options) : walkTarGz(options));
  } catch (error) {
    options.signal.throwIfAborted();
    throw asArchiveFailure(error);
  }
};
