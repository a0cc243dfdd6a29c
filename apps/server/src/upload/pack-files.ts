import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { ReceivedFile } from './receive-upload.ts';

/** Fast rather than small: it is read once, on this machine or one nearby. */
const gzipLevel = 1;

/**
 * Packs the files of a folder upload into one tar.gz, so that everything behind the upload knows archives only. The
 * paths are taken as they are: the guards of the inspection judge them.
 */
export async function packFiles({
  stagedFile,
  files,
  into,
}: {
  readonly stagedFile: string;
  readonly files: readonly (ReceivedFile & { readonly path: string })[];
  readonly into: string;
}): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const archive = pack();
  const adding = addAll();
  const hash = createHash('sha256');
  let archiveBytes = 0;
  const file = createWriteStream(into, { flags: 'wx' });
  const writing = pipeline(archive, createGzip({ level: gzipLevel }), measured, file);
  adding.catch((error: Error) => archive.destroy(error));
  const [added, written] = await Promise.allSettled([adding, writing]);
  if (added.status === 'rejected') throw added.reason;
  if (written.status === 'rejected') throw written.reason;
  return { sha256: hash.digest('hex'), sizeBytes: archiveBytes };

  async function* measured(gzip: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of gzip) {
      hash.update(chunk);
      archiveBytes += chunk.length;
      yield chunk;
    }
  }

  async function addAll(): Promise<void> {
    for (const { path, offset, sizeBytes } of files) {
      const entry = archive.entry({ name: path, size: sizeBytes, mode: 0o644, mtime: new Date(0) });
      // A read stream cannot have a range of no bytes.
      const content =
        sizeBytes === 0
          ? Readable.from([])
          : createReadStream(stagedFile, { start: offset, end: offset + sizeBytes - 1 });
      await pipeline(content, entry);
    }
    archive.finalize();
  }
}
