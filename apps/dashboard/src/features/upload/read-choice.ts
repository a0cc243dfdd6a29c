import type { Trouble } from '../../shared/api/api.ts';
import { countText } from '../../shared/format/quantities.ts';
import { DroppedFolder, isDirectory } from './dropped-things.ts';
import { maxFolderFiles } from './limits.ts';
import { archiveName, type FolderFile, type UploadSource } from './upload-source.ts';

/** What a person picked, before anything of it was read. */
export type Picked =
  /** Dropped, pasted or chosen: files, and {@link DroppedFolder}s. */
  | { readonly kind: 'things'; readonly things: readonly File[] }
  /** The files of `<input type="file" webkitdirectory>`. */
  | { readonly kind: 'folder'; readonly files: readonly File[] };

export type Choice =
  | { readonly ok: true; readonly source: UploadSource }
  | { readonly ok: false; readonly trouble: Trouble };

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** How many files of a folder were found so far. */
  readonly found: (files: number) => void;
}

/** What the build makes again by itself, or what is nobody's business. */
const ignoredFolders: ReadonlySet<string> = new Set(['node_modules', '.git', '.yardmaster']);
/** What desktops leave in folders. */
const ignoredFiles: ReadonlySet<string> = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini']);

/** Reads and checks what was picked, as far as it can be known to be refused. Rejects only when `signal` aborts. */
export async function readChoice(picked: Picked, options: ReadOptions): Promise<Choice> {
  if (picked.kind === 'folder') return chooseFolder(picked.files);
  const [thing] = picked.things;
  if (thing === undefined) return refused(nothingChosen);
  if (picked.things.length > 1) return refused(severalChosen);
  try {
    return thing instanceof DroppedFolder ? folderOf(await walk(thing.entry, options)) : await chooseArchive(thing);
  } catch (error) {
    options.signal.throwIfAborted();
    return refused({
      code: 'unreadable',
      message: `“${thing.name}” could not be read.`,
      hint: error instanceof Error ? error.message : null,
    });
  }
}

async function chooseArchive(file: File): Promise<Choice> {
  if (!archiveName.test(file.name)) return refused(notAnArchive(`“${file.name}” is no archive that can be built.`));
  if (file.size === 0) {
    return refused({
      code: 'archive-empty',
      message: `“${file.name}” is empty.`,
      hint: 'Pack the project folder again.',
    });
  }
  if (isArchiveHead(new Uint8Array(await file.slice(0, 4).arrayBuffer()))) {
    return { ok: true, source: { kind: 'archive', file } };
  }
  return refused(notAnArchive(`“${file.name}” is named like an archive, but holds something else.`));
}

/** By its first bytes, as the server will tell: zip (also an empty one) or gzip. */
function isArchiveHead([first, second, third]: Uint8Array): boolean {
  if (first === 0x1f && second === 0x8b) return true;
  return first === 0x50 && second === 0x4b && (third === 0x03 || third === 0x05);
}

function chooseFolder(files: readonly File[]): Choice {
  const leftOut = new Set<string>();
  const kept: FolderFile[] = [];
  for (const file of files) {
    const path = file.webkitRelativePath || file.name;
    const ignored = path
      .split('/')
      .slice(0, -1)
      .find((part) => ignoredFolders.has(part));
    if (ignored !== undefined) leftOut.add(ignored);
    else if (!ignoredFiles.has(file.name)) kept.push({ path, file });
  }
  return folderOf({ folderName: files[0]?.webkitRelativePath.split('/')[0] ?? '', files: kept, leftOut });
}

interface Folder {
  readonly folderName: string;
  readonly files: readonly FolderFile[];
  readonly leftOut: ReadonlySet<string>;
}

async function walk(root: FileSystemDirectoryEntry, { signal, found }: ReadOptions): Promise<Folder> {
  const files: FolderFile[] = [];
  const leftOut = new Set<string>();
  const waiting: FileSystemDirectoryEntry[] = [root];
  for (let folder = waiting.pop(); folder !== undefined && files.length <= maxFolderFiles; folder = waiting.pop()) {
    signal.throwIfAborted();
    for (const entry of await entriesOf(folder)) {
      if (isFile(entry) && !ignoredFiles.has(entry.name)) {
        files.push({ path: entry.fullPath.replace(/^\//, ''), file: await fileOf(entry) });
      } else if (isDirectory(entry)) {
        if (ignoredFolders.has(entry.name)) leftOut.add(entry.name);
        else waiting.push(entry);
      }
    }
    found(files.length);
  }
  return { folderName: root.name, files, leftOut };
}

function folderOf({ folderName, files, leftOut }: Folder): Choice {
  if (files.length === 0) return refused(emptyFolder(folderName));
  if (files.length > maxFolderFiles) return refused(tooManyFiles);
  const trouble = nothingToBuild(folderName, files);
  if (trouble !== null) return refused(trouble);
  return { ok: true, source: { kind: 'folder', folderName, files, leftOut: [...leftOut].sort() } };
}

/** The server's own rule: a package.json at the top, or an index.html there or one folder below. */
function nothingToBuild(folderName: string, files: readonly FolderFile[]): Trouble | null {
  const inside = files.map(({ path }) => path.slice(path.indexOf('/') + 1));
  if (inside.some((path) => path === 'package.json' || /^([^/]+\/)?index\.html$/.test(path))) return null;
  const project = inside.find((path) => path.endsWith('/package.json'))?.replace(/\/package\.json$/, '');
  return {
    code: 'nothing-to-build',
    message: `“${folderName}” holds neither a package.json nor an index.html at its top.`,
    hint:
      project === undefined
        ? 'Choose the folder that holds package.json (or, for a plain website, index.html), not a folder above it.'
        : `“${project}” in it holds a package.json: choose that folder.`,
  };
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** A reader gives a part at a time (browsers differ in how large), and nothing at the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return all;
    all.push(...part);
  }
}

const refused = (trouble: Trouble): Choice => ({ ok: false, trouble });

const notAnArchive = (message: string): Trouble => ({
  code: 'not-an-archive',
  message,
  hint: 'Choose a .zip, .tar.gz or .tgz file, or the whole folder of the project. RAR, 7z and plain tar cannot be read.',
});

const emptyFolder = (folderName: string): Trouble => ({
  code: 'empty-folder',
  message: folderName === '' ? 'The folder is empty.' : `There is nothing to build in “${folderName}”.`,
  hint: 'Choose the folder that holds the package.json or the index.html.',
});

const tooManyFiles: Trouble = {
  code: 'too-many-files',
  message: `The folder holds more than ${countText(maxFolderFiles)} files.`,
  hint: 'Choose the folder of one project, or pack it as an archive.',
};

const nothingChosen: Trouble = {
  code: 'one-at-a-time',
  message: 'There was nothing in it that can be uploaded.',
  hint: 'Drop one archive or one folder.',
};

const severalChosen: Trouble = {
  code: 'one-at-a-time',
  message: 'Those are several things.',
  hint: 'Drop one archive or one folder; the next can follow as soon as it is uploaded.',
};
