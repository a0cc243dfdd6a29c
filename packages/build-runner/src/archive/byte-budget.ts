import type { ArchiveLimits } from './limits.ts';
import { formatBytes, quotePath, refuse } from './rejection.ts';

/** Counts bytes as they really come out of the archive, whatever its headers claim. Throws `ArchiveRejected`. */
export interface ByteBudget {
  /** Begins a file and returns how to count its bytes. */
  beginFile(path: string): (bytes: number) => void;
  readonly unpackedBytes: number;
}

export const createByteBudget = ({
  limits,
  archiveBytes,
}: {
  readonly limits: ArchiveLimits;
  /** Null when it is not known beforehand; the ratio is then not looked at. */
  readonly archiveBytes: number | null;
}): ByteBudget => {
  let unpackedBytes = 0;
  return {
    get unpackedBytes() {
      return unpackedBytes;
    },
    beginFile(path) {
      let fileBytes = 0;
      return (bytes) => {
        fileBytes += bytes;
        unpackedBytes += bytes;
        if (fileBytes > limits.maxFileBytes) {
          throw refuse(
            'file-too-large',
            `The file ${quotePath(path)} is larger than ${formatBytes(limits.maxFileBytes)}.`,
            'Leave the file out, or host large media elsewhere and link to it.',
          );
        }
        if (unpackedBytes > limits.maxUnpackedBytes) {
          throw refuse(
            'unpacked-too-large',
            `The archive unpacks to more than ${formatBytes(limits.maxUnpackedBytes)}.`,
            'Leave node_modules, build output and large media out of the archive.',
          );
        }
        if (
          archiveBytes !== null &&
          unpackedBytes > limits.ratioFloorBytes &&
          unpackedBytes > archiveBytes * limits.maxCompressionRatio
        ) {
          throw refuse(
            'compression-ratio',
            `The archive unpacks to more than ${limits.maxCompressionRatio} times its own size.`,
            'Archives like this are refused as possible zip bombs. Leave out large files of repeated content.',
          );
        }
      };
    },
  };
};
