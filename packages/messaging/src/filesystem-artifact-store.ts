import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { cp, link, lstat, mkdir, open, opendir, readdir, rename, rm, utimes } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactStore } from '@yardmaster/application';
import { ArtifactId } from '@yardmaster/domain';

const maxLeftoverAgeMs = 86_400_000;
/** Files of a folder that are fsynced at one time. */
const maxOpenFiles = 16;

/** What was put is not a plain file, or not a folder of plain files and folders. */
export class UnfitArtifact extends Error {
  readonly code = 'unfit-artifact';
  override readonly name = 'UnfitArtifact';
}

/**
 * Artifacts as `<root>/artifacts/<id>` on a disk of this machine, or on a folder that several machines share. An id that
 * is malformed throws before any file is touched. Links and special files are refused, since a folder is served to
 * browsers as it is. What crashed writers left in `<root>/staging` goes when the store is opened a day later.
 */
export async function openFilesystemArtifactStore({ root }: { readonly root: string }): Promise<ArtifactStore> {
  const artifacts = join(root, 'artifacts');
  const staging = join(root, 'staging');
  await mkdir(artifacts, { recursive: true });
  await mkdir(staging, { recursive: true });
  await removeLeftovers(staging);

  const placeOf = (id: ArtifactId) => join(artifacts, ArtifactId.parse(id));
  const stagingPath = async () => join(staging, randomUUID());

  const putFile = async (id: ArtifactId, sourcePath: string): Promise<void> => {
    const target = placeOf(id);
    if (await exists(target)) return rm(sourcePath, { force: true });
    if (!(await lstat(sourcePath)).isFile()) throw new UnfitArtifact('Not a plain file.');
    const staged = await stagingPath();
    try {
      await bringOver(sourcePath, staged);
      await stampAndSync(staged);
      // Unlike a rename, a link never replaces what another process has put meanwhile.
      await link(staged, target).catch(unlessPresent);
      await sync(artifacts);
    } finally {
      await rm(staged, { force: true });
    }
  };

  return {
    putFile,
    putContent: async (id, content) => {
      placeOf(id);
      const written = await stagingPath();
      try {
        await pipeline(content, createWriteStream(written));
        const { size: sizeBytes } = await lstat(written);
        await putFile(id, written);
        return { sizeBytes };
      } finally {
        await rm(written, { force: true });
      }
    },
    putFolder: async (id, sourcePath) => {
      const target = placeOf(id);
      if (await exists(target)) return rm(sourcePath, { recursive: true, force: true });
      const contents = await plainContents(sourcePath);
      const staged = await stagingPath();
      try {
        await bringOver(sourcePath, staged);
        await syncAll(contents.map((path) => join(staged, path)));
        await stampAndSync(staged);
        await rename(staged, target).catch(unlessPresent);
        await sync(artifacts);
      } finally {
        await rm(staged, { recursive: true, force: true });
      }
    },
    path: async (id) => {
      const target = placeOf(id);
      return (await exists(target)) ? target : null;
    },
    delete: async (id) => {
      // Moved away first: nobody ever sees half of a folder.
      const trash = await stagingPath();
      const moved = await rename(placeOf(id), trash).then(() => true, unlessMissing);
      if (moved !== true) return;
      await sync(artifacts);
      await rm(trash, { recursive: true, force: true });
    },
    async *list() {
      for await (const entry of await opendir(artifacts)) {
        const id = ArtifactId.safeParse(entry.name);
        const found = id.success ? await lstat(join(artifacts, entry.name)).catch(unlessMissing) : undefined;
        if (id.success && found) yield { id: id.data, putAt: found.mtime };
      }
    },
    stagingPath,
  };
}

/** Moves the source to where it is staged; copies it where it lies on another disk. */
async function bringOver(source: string, staged: string): Promise<void> {
  try {
    await rename(source, staged);
  } catch (error) {
    if (codeOf(error) !== 'EXDEV') throw error;
    await cp(source, staged, { recursive: true, verbatimSymlinks: true });
    await rm(source, { recursive: true, force: true });
  }
}

/** The paths of all files and folders in a folder, which may hold nothing else. */
async function plainContents(folder: string): Promise<readonly string[]> {
  if (!(await lstat(folder)).isDirectory()) throw new UnfitArtifact('Not a folder.');
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.map((entry) => {
    const path = relative(folder, join(entry.parentPath, entry.name));
    if (!entry.isFile() && !entry.isDirectory()) throw new UnfitArtifact(`Neither a file nor a folder: ${path}`);
    return path;
  });
}

async function syncAll(paths: readonly string[]): Promise<void> {
  const rest = paths.values();
  const syncRest = async () => {
    for (const path of rest) await sync(path);
  };
  await Promise.all(Array.from({ length: maxOpenFiles }, syncRest));
}

/** The time of change becomes the moment of the put, which is what `list` answers. */
async function stampAndSync(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
  await sync(path);
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function removeLeftovers(staging: string): Promise<void> {
  const oldest = Date.now() - maxLeftoverAgeMs;
  for (const name of await readdir(staging)) {
    const path = join(staging, name);
    const found = await lstat(path).catch(unlessMissing);
    if (found && found.mtimeMs < oldest) await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(unlessMissing)) !== undefined;
}

function unlessMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

/** The codes with which `link` and `rename` say that something is there already. */
function unlessPresent(error: unknown): void {
  if (!['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(codeOf(error))) throw error;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
