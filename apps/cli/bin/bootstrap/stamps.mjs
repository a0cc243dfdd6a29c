import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Folders that are made, never written by hand: they are no input of anything. */
const MADE_FOLDERS = new Set(['node_modules', 'dist', '.git']);

/**
 * A hash over the names and contents of files and folders (the latter whole), and over what else is given.
 * What does not exist counts as absent, so its appearance changes the hash.
 *
 * @param {string} root
 * @param {readonly string[]} paths relative to root
 * @param {readonly string[]} [facts]
 * @returns {string}
 */
export function hashInputs(root, paths, facts = []) {
  const hash = createHash('sha256').update(JSON.stringify(facts));
  for (const path of paths) {
    for (const file of filesUnder(root, path)) {
      hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
    }
  }
  return hash.digest('hex');
}

/** @param {string} root @param {string} path @returns {readonly string[]} */
function filesUnder(root, path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isDirectory()) return [path];
  return readdirSync(join(root, path))
    .filter((name) => !MADE_FOLDERS.has(name))
    .sort()
    .flatMap((name) => filesUnder(root, join(path, name)));
}

/**
 * Remembers which inputs a step was last done for. `write` is called after the step has succeeded and not before,
 * so a step that was interrupted is done again.
 *
 * @param {string} file
 */
export function stampFile(file) {
  return {
    /** @param {string} hash */
    matches: (hash) => {
      try {
        return readFileSync(file, 'utf8') === hash;
      } catch {
        return false; // never done
      }
    },
    /** @param {string} hash */
    write: (hash) => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, hash);
    },
  };
}
