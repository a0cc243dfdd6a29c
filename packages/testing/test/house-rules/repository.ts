import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('../../../..', import.meta.url));

/** A text file of the repository; `path` is relative to its root. */
export type SourceFile = { readonly path: string; readonly text: string; readonly lines: readonly string[] };

const TEXT_EXTENSIONS: ReadonlySet<string> = new Set(
  ['ts', 'tsx', 'mjs', 'js', 'css', 'html', 'json', 'md', 'yaml', 'yml', 'sh', 'conf', 'toml'].map(
    (name) => `.${name}`,
  ),
);

/** Folders that hold nothing written by hand; only needed where git cannot tell. */
const MADE_FOLDERS: ReadonlySet<string> = new Set([
  'node_modules',
  'dist',
  'coverage',
  '.git',
  '.tools',
  '.yardmaster',
]);

/** Every text file that is, or is about to be, in the repository. */
export function sourceFiles(): readonly SourceFile[] {
  return paths()
    .filter((path) => TEXT_EXTENSIONS.has(extname(path)) || path.startsWith('.ci/'))
    .filter((path) => statSync(join(repositoryRoot, path), { throwIfNoEntry: false })?.isFile())
    .map((path) => {
      const text = readFileSync(join(repositoryRoot, path), 'utf8');
      return { path, text, lines: text.split('\n') };
    });
}

/** What git lists; in a copy without `.git`, what lies there. */
function paths(): readonly string[] {
  if (!existsSync(join(repositoryRoot, '.git'))) return pathsUnder('');
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  return execFileSync('git', list, { cwd: repositoryRoot, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
    .split('\0')
    .filter((path) => path !== '');
}

function pathsUnder(folder: string): readonly string[] {
  return readdirSync(join(repositoryRoot, folder), { withFileTypes: true })
    .filter((entry) => !MADE_FOLDERS.has(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? pathsUnder(path) : [path];
    });
}
