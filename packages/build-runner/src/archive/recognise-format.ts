import { open, stat } from 'node:fs/promises';
import type { ArchiveLimits } from './limits.ts';
import { ArchiveRejected, formatBytes } from './rejection.ts';
import type { ArchiveFormat } from './walk-archive.ts';

/** Tells the format from the first bytes, never from the name. Throws `ArchiveRejected` when it is neither. */
export const recogniseFormat = async (file: string, limits: ArchiveLimits): Promise<ArchiveFormat> => {
  const { size } = await stat(file);
  if (size === 0) throw emptyArchive();
  if (size > limits.maxArchiveBytes) {
    throw new ArchiveRejected({
      code: 'archive-too-large',
      message: `The archive has ${formatBytes(size)}; ${formatBytes(limits.maxArchiveBytes)} are allowed.`,
      hint: 'Leave node_modules, .git, build output and large media out of the archive.',
    });
  }
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(4);
    await handle.read(head, 0, 4, 0);
    if (head[0] === 0x1f && head[1] === 0x8b) return 'tar.gz';
    const signature = head.readUInt32BE(0);
    if (signature === 0x504b0304) return 'zip';
    // A zip without entries begins with its end record.
    if (signature === 0x504b0506) throw emptyArchive();
  } finally {
    await handle.close();
  }
  throw new ArchiveRejected({
    code: 'archive-unrecognised',
    message: 'The file is neither a zip nor a tar.gz archive.',
    hint: 'Upload a .zip or .tar.gz of the project folder. RAR, 7z and plain tar are not supported.',
  });
};

export const emptyArchive = (): ArchiveRejected =>
  new ArchiveRejected({
    code: 'archive-empty',
    message: 'The archive holds no files.',
    hint: 'Check that the project folder was added to the archive.',
  });
