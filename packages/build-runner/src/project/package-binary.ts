import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { nodeProgram, type Program } from '../tools/toolchain.ts';

const Manifest = z.object({ bin: z.union([z.string(), z.record(z.string(), z.string())]) });

/**
 * The program of a package that the project itself installed, run by our Node; null when it is not installed. Folders
 * above the project are never searched, and nothing is downloaded, unlike with npx.
 */
export const packageBinary = async (
  directory: string,
  packageName: string,
  binary: string,
): Promise<Program | null> => {
  const home = join(directory, 'node_modules', packageName);
  const text = await readFile(join(home, 'package.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  const manifest = Manifest.safeParse(JSON.parse(text));
  if (!manifest.success) return null;
  const { bin } = manifest.data;
  const file = typeof bin === 'string' ? bin : bin[binary];
  return file === undefined ? null : [...nodeProgram, join(home, file)];
};
