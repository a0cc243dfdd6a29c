import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..');

/** Everything set-up brings or remembers; deleting this folder starts set-up afresh. */
export const toolsFolder = join(repositoryRoot, '.tools');

/** Put first on the PATH of everything we start: the pinned node and pnpm, and nats-server where we brought it. */
export const toolsBinFolder = join(toolsFolder, 'bin');

/** @param {string} name */
export function stampPath(name) {
  return join(toolsFolder, 'stamps', name);
}
