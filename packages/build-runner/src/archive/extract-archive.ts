import { mkdir, open, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { createRootFinder } from './common-root.ts';
import type { ArchiveLimits } from './limits.ts';
import { emptyArchive, recogniseFormat } from './recognise-format.ts';
import { ArchiveRejected, type ArchiveRejection, asArchiveFailure } from './rejection.ts';
import { type EntryVisitor, walkArchive } from './walk-archive.ts';
import { walkTarGzStream } from './walk-tar-gz.ts';

export type Extraction =
  | {
      readonly ok: true;
      readonly files: number;
      readonly unpackedBytes: number;
      /** The single folder below `into` that everything is in, or `''`. */
      readonly root: string;
    }
  | { readonly ok: false; readonly rejection: ArchiveRejection };

/**
 * Unpacks an archive below `into`, which has to be an empty folder. All guards run again, on the real bytes.
 *
 * Files are created exclusively and links last, so nothing is ever written through a link or over another file. A
 * rejection leaves a partly filled folder, which the caller removes together with the workspace.
 */
export const extractArchive = async ({
  file,
  into,
  limits,
  signal,
}: {
  readonly file: string;
  readonly into: string;
  readonly limits: ArchiveLimits;
  readonly signal: AbortSignal;
}): Promise<Extraction> =>
  extracting(into, async (visitor) => {
    const format = recogniseFormat(file, limits);
    return walkArchive({ file, format, limits, signal, visitor });
  });

/** Unpacks a tar.gz stream, such as a shipped output, in the same way. */
export const unpackOutput = async ({
  source,
  into,
  limits,
  signal,
}: {
  readonly source: Readable;
  readonly into: string;
  readonly limits: ArchiveLimits;
  readonly signal: AbortSignal;
}): Promise<Extraction> =>
  extracting(into, async (visitor) => {
    try {
      return await walkTarGzStream({ source, archiveBytes: null, limits, signal, visitor });
    } catch (error) {
      signal.throwIfAborted();
      throw asArchiveFailure(error);
    }
  });

const extracting = async (
  into: string,
  walk: (visitor: EntryVisitor) => Promise<{ readonly files: number; readonly unpackedBytes: number }>,
): Promise<Extraction> => {
  const writer = createWriter(into);
  try {
    const totals = await walk(writer.visitor);
    const root = await writer.finish();
    if (root === null) throw emptyArchive();
    return { ok: true, files: totals.files, unpackedBytes: totals.unpackedBytes, root };
  } catch (error) {
    if (error instanceof ArchiveRejected) return { ok: false, rejection: error.rejection };
    throw error;
  }
};

const createWriter = (into: string) => {
  const roots = createRootFinder();
  const made = new Set<string>();
  const links: { readonly path: string; readonly target: string }[] = [];

  const makeFolder = async (path: string): Promise<void> => {
    if (made.has(path)) return;
    await mkdir(path, { recursive: true });
    made.add(path);
  };

  const visitor: EntryVisitor = {
    async onFile({ path, executable }, content) {
      roots.add(path);
      const target = join(into, path);
      await makeFolder(dirname(target));
      const file = await open(target, 'wx', executable ? 0o755 : 0o644);
      try {
        for await (const chunk of content) await file.writeFile(chunk);
      } finally {
        await file.close();
      }
    },
    onDirectory: (path) => makeFolder(join(into, path)),
    async onSymlink(link) {
      roots.add(link.path);
      links.push(link);
    },
  };

  return {
    visitor,
    /** Creates the links, now that nothing will be written any more, and gives the common root. */
    async finish(): Promise<string | null> {
      for (const { path, target } of links) {
        const place = join(into, path);
        await makeFolder(dirname(place));
        await symlink(target, place);
      }
      return roots.conclude();
    },
  };
};
