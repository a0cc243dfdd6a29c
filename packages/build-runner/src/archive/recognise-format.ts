import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ArchiveLimits } from './limits.ts';
import { ArchiveRejected, formatBytes } from './rejection.ts';
import type { ArchiveFormat } from './walk-archive.ts';

/** Tells the format from the first bytes, never from the name. Throws `ArchiveRejected` when it is neither. */
export const recogniseFormat = (file: string, limits: ArchiveLimits): ArchiveFormat => {
  const { size, head } = readHead(file);
  if (size === 0) throw emptyArchive();
  if (size > limits.maxArchiveBytes) {
    throw new ArchiveRejected({
      code: 'archive-too-large',
      message: `The archive has ${formatBytes(size)}; ${formatBytes(limits.maxArchiveBytes)} are allowed.`,
      hint: 'Leave node_modules, .git, build output and large media out of the archive.',
    });
  }
  if (head[0] === 0x1f && head[1] === 0x8b) return 'tar.gz';
  const signature = head.readUInt32BE(0);
  if (signature === 0x504b0304) return 'zip';
  // A zip without entries begins with its end record.
  if (signature === 0x504b0506) throw emptyArchive();
  throw new ArchiveRejected({
    code: 'archive-unrecognised',
    message: 'The file is neither a zip nor a tar.gz archive.',
    hint: 'Upload a .zip or .tar.gz of the project folder. RAR, 7z and plain tar are not supported.',
  });
};

const readHead = (file: string): { readonly size: number; readonly head: Buffer } => {
  const fd = openSync(file, 'r');
  try {
    const head = Buffer.alloc(4);
    readSync(fd, head, 0, 4, 0);
    return { size: fstatSync(fd).size, head };
  } finally {
    closeSync(fd);
  }
};

export const emptyArchive = (): ArchiveRejected =>
  new ArchiveRejected({
    code: 'archive-empty',
    message: 'The archive holds no files.',
    hint: 'Check that the project folder was added to the archive.',
  });
