import { createReadStream, type Stats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

export interface PackedFile {
  /** Relative, with `/`. */
  readonly path: string;
  /** Where the content is; differs from the path for a link that was followed. */
  readonly source: string;
  readonly sizeBytes: number;
  readonly executable: boolean;
}

export interface PackOptions {
  /** Names of folders that are left out, wherever they are. */
  readonly ignore?: ReadonlySet<string>;
  /**
   * Leaves out files that have another name outside the folder. For folders that a build wrote: such a file may be one
   * of the machine's own, which the build could not make but could link to.
   */
  readonly onlyOwnFiles?: boolean;
}

/** A name that is no valid UTF-8 has no spelling in an archive that everybody reads alike. */
export class InvalidFileName extends Error {
  override readonly name = 'InvalidFileName';
  /** Relative, with U+FFFD for what could not be decoded. */
  readonly path: string;

  constructor(path: string) {
    super(`The name of the file ${JSON.stringify(path.slice(0, 300))} is not valid UTF-8.`);
    this.path = path;
  }
}

/**
 * Lists a folder's regular files, sorted by path. Links to files inside the folder count as the file they lead to;
 * links that leave it, links to folders, and special files are left out and named in `skipped`.
 * Throws {@link InvalidFileName}.
 */
export const listFiles = async (
  folder: string,
  { ignore = new Set(), onlyOwnFiles = false }: PackOptions = {},
): Promise<{ readonly files: readonly PackedFile[]; readonly skipped: readonly string[] }> => {
  const root = await realpath(folder);
  const found: (PackedFile & { readonly info: Stats })[] = [];
  const namesInside = new Map<string, number>();
  const skipped: string[] = [];
  const visit = async (directory: string): Promise<void> => {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const place = join(directory, entry.name);
      const path = relative(root, place).split(sep).join('/');
      // What Node puts in the place of bytes that it cannot decode; unless it is the name itself, it names no file.
      if (entry.name.includes('\uFFFD') && !(await exists(place))) throw new InvalidFileName(path);
      if (entry.isDirectory()) {
        if (!ignore.has(entry.name)) await visit(place);
        continue;
      }
      const source = entry.isSymbolicLink() ? await insideTarget(root, place) : place;
      const info = source === null ? null : await stat(source);
      if (source === null || info === null || !info.isFile()) skipped.push(path);
      else {
        found.push({ path, source, sizeBytes: info.size, executable: (info.mode & 0o111) !== 0, info });
        if (entry.isFile()) namesInside.set(inodeOf(info), (namesInside.get(inodeOf(info)) ?? 0) + 1);
      }
    }
  };
  await visit(root);
  const files: PackedFile[] = [];
  for (const { info, ...file } of found) {
    if (onlyOwnFiles && info.nlink > (namesInside.get(inodeOf(info)) ?? 0)) skipped.push(file.path);
    else files.push(file);
  }
  return { files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)), skipped };
};

const inodeOf = ({ dev, ino }: Stats): string => `${dev}:${ino}`;

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

const insideTarget = async (root: string, link: string): Promise<string | null> => {
  const target = await realpath(link).catch(() => null);
  return target?.startsWith(root + sep) === true ? target : null;
};

/** Fast rather than small: outputs travel between processes of one installation. */
const gzipLevel = 1;

/**
 * Packs a folder's regular files into a tar.gz stream. The same content gives the same bytes: sorted paths, no owner,
 * no times. The stream fails when a file changes its size while it is packed.
 */
export const packFolder = async (folder: string, options: PackOptions = {}): Promise<Readable> => {
  const { files } = await listFiles(folder, options);
  const archive = pack();
  const gzip = createGzip({ level: gzipLevel });
  const add = async (): Promise<void> => {
    for (const file of files) {
      const entry = archive.entry({
        name: file.path,
        size: file.sizeBytes,
        mode: file.executable ? 0o755 : 0o644,
        mtime: new Date(0),
      });
      await pipeline(createReadStream(file.source), entry);
    }
    archive.finalize();
  };
  add().catch((error: unknown) => archive.destroy(error as Error));
  pipeline(archive, gzip).catch((error: unknown) => gzip.destroy(error as Error));
  return gzip;
};
