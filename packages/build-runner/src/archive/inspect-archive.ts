import { createRootFinder } from './common-root.ts';
import { drain } from './drain.ts';
import type { ArchiveLimits } from './limits.ts';
import { emptyArchive, recogniseFormat } from './recognise-format.ts';
import { ArchiveRejected, type ArchiveRejection } from './rejection.ts';
import { type ArchiveFormat, walkArchive } from './walk-archive.ts';

export type ArchiveInspection =
  | {
      readonly ok: true;
      readonly format: ArchiveFormat;
      readonly files: number;
      readonly unpackedBytes: number;
      /** The single folder that everything is in, or `''`. */
      readonly root: string;
      /** The text of the `package.json` at the root, cut at a megabyte; null where there is none. */
      readonly packageJson: string | null;
    }
  | { readonly ok: false; readonly rejection: ArchiveRejection };

const largestPackageJsonBytes = 1024 * 1024;

/**
 * Checks an uploaded archive whole, bytes and checksums included, without writing anything to disk.
 *
 * Memory stays bounded whatever the archive claims (streams, and hashes of paths). Bad archives are returned as
 * rejections; only failures of this machine and an abort throw.
 */
export const inspectArchive = async ({
  file,
  limits,
  signal,
}: {
  readonly file: string;
  readonly limits: ArchiveLimits;
  readonly signal: AbortSignal;
}): Promise<ArchiveInspection> => {
  try {
    const format = recogniseFormat(file, limits);
    const found = createFindings();
    const totals = await walkArchive({
      file,
      format,
      limits,
      signal,
      visitor: {
        onFile: ({ path }, content) => found.addFile(path, content),
        onDirectory: async () => {},
        onSymlink: async ({ path }) => found.addPath(path),
      },
    });
    const { root, packageJson, entryPages } = found.conclude();
    if (packageJson === null && entryPages === 0) throw nothingToBuild();
    return { ok: true, format, ...totals, root, packageJson };
  } catch (error) {
    if (error instanceof ArchiveRejected) return { ok: false, rejection: error.rejection };
    throw error;
  }
};

/** Gathers, in one pass, what can only be judged when the common root is known. */
const createFindings = () => {
  const roots = createRootFinder();
  /** Content of `package.json` at the top (`''`) and in the first folder seen. */
  const packageJsons = new Map<string, string>();
  /** Folders, at most one below the root, that hold an `index.html`. Bounded by the depth and by `maxTracked`. */
  const pageFolders = new Set<string>();
  const maxTracked = 1_000;

  const addPath = (path: string): void => {
    roots.add(path);
    const segments = path.split('/');
    if (segments.at(-1) === 'index.html' && segments.length <= 3 && pageFolders.size < maxTracked) {
      pageFolders.add(segments.slice(0, -1).join('/'));
    }
  };

  const isPackageJsonOfRoot = (path: string): boolean =>
    path === 'package.json' || (roots.current() !== '' && path === `${roots.current()}/package.json`);

  return {
    addPath,
    async addFile(path: string, content: AsyncIterable<Buffer>): Promise<void> {
      addPath(path);
      if (!isPackageJsonOfRoot(path)) return drain(content);
      const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      packageJsons.set(folder, await readBounded(content, largestPackageJsonBytes));
    },
    conclude() {
      const root = roots.conclude();
      if (root === null) throw emptyArchive();
      const depth = root === '' ? 0 : 1;
      const inReach = [...pageFolders].filter((folder) => folder === '' || folder.split('/').length <= depth + 1);
      return { root, packageJson: packageJsons.get(root) ?? null, entryPages: inReach.length };
    },
  };
};

const nothingToBuild = (): ArchiveRejected =>
  new ArchiveRejected({
    code: 'nothing-to-build',
    message: 'The archive holds neither a package.json nor an index.html at its top.',
    hint: 'Upload the folder that holds package.json (or, for a plain website, index.html), not a folder above it.',
  });

/** Reads all, keeps at most `maxBytes`. */
const readBounded = async (content: AsyncIterable<Buffer>, maxBytes: number): Promise<string> => {
  const chunks: Buffer[] = [];
  let kept = 0;
  for await (const chunk of content) {
    if (kept < maxBytes) chunks.push(chunk.subarray(0, maxBytes - kept));
    kept += chunk.length;
  }
  return Buffer.concat(chunks).toString('utf8');
};
