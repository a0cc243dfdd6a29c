import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PackageJson, parsePackageJson } from './package-json.ts';
import { lockfileNames } from './package-manager.ts';

/** What the steps need to know of the unpacked project. */
export interface Project {
  readonly directory: string;
  readonly manifest: PackageJson | null;
  /** True also when the `package.json` cannot be parsed: then the package manager's own message is the best one. */
  readonly hasPackageJson: boolean;
  /** Names at the top of the project. */
  readonly entries: ReadonlySet<string>;
  readonly lockfileHeads: ReadonlyMap<string, string>;
}

export const readProject = async (directory: string): Promise<Project> => {
  const entries = new Set(await readdir(directory));
  const hasPackageJson = entries.has('package.json');
  const manifest = hasPackageJson ? parsePackageJson(await readFile(join(directory, 'package.json'), 'utf8')) : null;
  const lockfileHeads = new Map<string, string>();
  for (const name of lockfileNames) {
    if (entries.has(name)) lockfileHeads.set(name, await readHead(join(directory, name)));
  }
  return { directory, manifest, hasPackageJson, entries, lockfileHeads };
};

const headBytes = 1_024;

const readHead = async (file: string): Promise<string> => {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
};
