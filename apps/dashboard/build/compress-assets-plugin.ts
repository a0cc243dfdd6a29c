import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const compress = promisify(gzip);
const isText = (name: string): boolean => /\.(js|css)$/.test(name);

/**
 * Lays a `.gz` beside every built script and style sheet, so that the server need not compress anything. Not brotli,
 * which browsers take over https only: most installations begin without.
 */
export function compressAssets(): Plugin {
  return {
    name: 'yardmaster:compress-assets',
    apply: 'build',
    async writeBundle({ dir }) {
      if (dir === undefined) return;
      const folder = join(dir, 'assets');
      for (const name of (await readdir(folder)).filter(isText)) {
        const file = join(folder, name);
        await writeFile(`${file}.gz`, await compress(await readFile(file), { level: constants.Z_BEST_COMPRESSION }));
      }
    },
  };
}
