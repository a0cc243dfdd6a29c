import { hash } from 'node:crypto';
import type { ArchiveLimits } from './limits.ts';
import { type ArchiveRejected, quotePath, refuse } from './rejection.ts';

export type EntryKind = 'file' | 'directory' | 'symlink' | 'hardlink' | 'special';

export interface EntryClaim {
  /** The path as the archive spells it. */
  readonly path: string;
  readonly kind: EntryKind;
}

/** The cleaned, relative path of an entry that may be unpacked, or `ignored` for what no build needs. */
export type Admission = { readonly ignored: true } | { readonly ignored: false; readonly path: string };

/**
 * Decides entry by entry what may be unpacked: paths, kinds, conflicts and counts. Stateful, one per archive and pass.
 *
 * Guarantees that admitted paths are relative, free of `..`, unique, and never lead through an admitted file or link,
 * so writing them below an empty folder cannot leave it. Memory stays at some tens of bytes per entry, because only
 * hashes of the paths are kept. Throws `ArchiveRejected` at the first violation.
 */
export interface EntryGuard {
  admit(claim: EntryClaim): Admission;
  /** Checks a link's target after its path was admitted. Links that stay inside the archive are allowed. */
  admitLinkTarget(link: { readonly path: string; readonly target: string }): void;
  readonly files: number;
}

export const createEntryGuard = (limits: ArchiveLimits): EntryGuard => {
  const taken = new Set<string>();
  const directories = new Set<string>();
  let files = 0;
  let lastParent = '';

  const addDirectory = (path: string): void => {
    const key = pathKey(path);
    if (directories.has(key)) return;
    if (taken.has(key)) throw conflict(path);
    directories.add(key);
    if (directories.size > limits.maxFiles) throw tooMany(limits.maxFiles, 'folders');
  };

  const addParents = (path: string): void => {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    if (parent === '' || parent === lastParent) return;
    for (let end = parent.indexOf('/'); end !== -1; end = parent.indexOf('/', end + 1)) {
      addDirectory(parent.slice(0, end));
    }
    addDirectory(parent);
    lastParent = parent;
  };

  return {
    get files() {
      return files;
    },
    admit({ path: rawPath, kind }) {
      const path = cleanPath(rawPath, limits);
      if (kind === 'special' || kind === 'hardlink') throw specialFile(path);
      if (kind !== 'directory') {
        files += 1;
        if (files > limits.maxFiles) throw tooMany(limits.maxFiles, 'files');
      }
      if (path === '') return { ignored: true };
      if (isDesktopLitter(path)) return { ignored: true };
      addParents(path);
      if (kind === 'directory') {
        addDirectory(path);
        return { ignored: false, path };
      }
      const key = pathKey(path);
      if (taken.has(key) || directories.has(key)) throw conflict(path);
      taken.add(key);
      return { ignored: false, path };
    },
    admitLinkTarget({ path, target }) {
      if (!staysInside(path, target)) {
        throw refuse(
          'symlink-refused',
          `The link ${quotePath(path)} points outside the archive, to ${quotePath(target)}.`,
          'Replace the link by the file it points to, or leave it out.',
        );
      }
    },
  };
};

/**
 * A link may climb with leading `..` and then only descend. Its own folder is real (nothing is unpacked through a
 * link), so the climb is exact; a `..` after a name could climb out of wherever that name, itself a link, leads.
 */
const staysInside = (path: string, target: string): boolean => {
  if (target === '' || target.startsWith('/') || target.includes('\\') || target.includes('\0')) return false;
  const segments = target.split('/').filter((segment) => segment !== '' && segment !== '.');
  const climbs = segments.findIndex((segment) => segment !== '..');
  const descent = climbs === -1 ? [] : segments.slice(climbs);
  const climbed = segments.length - descent.length;
  const depth = path.split('/').length - 1;
  return climbed <= depth && !descent.includes('..');
};

const longestSegmentBytes = 255;

const cleanPath = (rawPath: string, limits: ArchiveLimits): string => {
  const bytes = Buffer.byteLength(rawPath);
  if (bytes > limits.maxPathBytes) {
    throw refuse(
      'path-too-long',
      `The path ${quotePath(rawPath)} has ${bytes} bytes; ${limits.maxPathBytes} are allowed.`,
      'Shorten the names of files and folders, or leave generated folders out of the archive.',
    );
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose.
  if (/[\x00-\x1f\x7f]/.test(rawPath)) {
    throw refuse('path-invalid', `The path ${quotePath(rawPath)} holds control characters.`, 'Rename the file.');
  }
  if (/^([A-Za-z]:|[\\/])/.test(rawPath)) {
    throw refuse(
      'path-absolute',
      `The path ${quotePath(rawPath)} is absolute.`,
      'Make the archive from inside the project folder, so that its paths are relative.',
    );
  }
  const segments = rawPath.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (rawPath.split(/[\\/]/).includes('..')) {
    throw refuse(
      'path-traversal',
      `The path ${quotePath(rawPath)} leads out of its folder.`,
      'Make the archive from inside the project folder, so that no path contains "..".',
    );
  }
  if (rawPath.includes('\\')) {
    throw refuse(
      'path-invalid',
      `The path ${quotePath(rawPath)} holds a backslash.`,
      'Make the archive with a tool that separates folders by "/", as the zip format asks.',
    );
  }
  const long = segments.find((segment) => Buffer.byteLength(segment) > longestSegmentBytes);
  if (long !== undefined) {
    throw refuse(
      'path-too-long',
      `The name ${quotePath(long)} is longer than ${longestSegmentBytes} bytes.`,
      'Shorten the name of the file or folder.',
    );
  }
  return segments.join('/');
};

/** What macOS adds to archives beside the real files. */
const isDesktopLitter = (path: string): boolean => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return path === '__MACOSX' || path.startsWith('__MACOSX/') || name === '.DS_Store' || name.startsWith('._');
};

const pathKey = (path: string): string => hash('sha1', path, 'base64');

const conflict = (path: string): ArchiveRejected =>
  refuse(
    'duplicate-path',
    `The archive holds ${quotePath(path)} twice, or both as a file and as a folder.`,
    'Make the archive again from a clean folder.',
  );

const specialFile = (path: string): ArchiveRejected =>
  refuse(
    'special-file',
    `${quotePath(path)} is no ordinary file (a device, a pipe, a hard link or an unknown kind).`,
    'Leave it out of the archive. Hard links come from some tools when node_modules is included: leave that out too.',
  );

/** Also used before any entry is read, for the count that a zip states itself. */
export const tooMany = (limit: number, what: 'files' | 'folders'): ArchiveRejected =>
  refuse(
    'too-many-files',
    `The archive holds more than ${limit.toLocaleString('en')} ${what}.`,
    'Leave node_modules, .git and build output out of the archive: dependencies are installed by the build.',
  );
