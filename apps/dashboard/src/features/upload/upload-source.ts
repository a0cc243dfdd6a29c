import type { Trouble } from '../../shared/api/api.ts';

/** What was chosen to be uploaded. */
export type UploadSource =
  | { readonly kind: 'archive'; readonly file: File }
  | {
      readonly kind: 'folder';
      readonly folderName: string;
      readonly files: readonly FolderFile[];
      /** Names of folders that were left out, such as node_modules. */
      readonly leftOut: readonly string[];
    };

/** `path` is relative and starts with the folder's own name. */
export interface FolderFile {
  readonly path: string;
  readonly file: File;
}

export type Choice =
  | { readonly ok: true; readonly source: UploadSource }
  | { readonly ok: false; readonly trouble: Trouble };

/** What the build makes again by itself, or what is nobody's business. */
const ignoredFolders: ReadonlySet<string> = new Set(['node_modules', '.git', '.yardmaster']);
/** As many as the server takes by default; a folder with more was chosen by mistake. */
const maxFolderFiles = 100_000;
const maxNameLength = 100;
const archiveName = /\.(zip|tgz|tar\.gz)$/i;

/** The acceptable file types of a file chooser. */
export const archiveTypes = '.zip,.tgz,.gz,application/zip,application/gzip';

export function chooseArchive(file: File): Choice {
  if (archiveName.test(file.name)) return { ok: true, source: { kind: 'archive', file } };
  return refused({
    code: 'not-an-archive',
    message: `“${file.name}” is no archive that can be built.`,
    hint: 'Choose a .zip, .tar.gz or .tgz file, or the whole folder of the project.',
  });
}

/** The files of `<input type="file" webkitdirectory>`. */
export function chooseFolder(files: readonly File[]): Choice {
  return folderOf(files.map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/** What was dropped: one archive, or one folder, which is walked. The entries have to be taken while the drop lasts. */
export async function chooseDropped(entries: readonly FileSystemEntry[]): Promise<Choice> {
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    return refused({
      code: 'one-at-a-time',
      message: entry === undefined ? 'Nothing that can be uploaded was dropped.' : 'Several things were dropped.',
      hint: 'Drop one archive or one folder; the next can follow as soon as it is uploaded.',
    });
  }
  try {
    if (isFile(entry)) return chooseArchive(await fileOf(entry));
    return isDirectory(entry) ? folderOf(...(await walk(entry))) : chooseDropped([]);
  } catch (error) {
    return refused({
      code: 'unreadable',
      message: `“${entry.name}” could not be read.`,
      hint: error instanceof Error ? error.message : null,
    });
  }
}

/** The name a website gets unless its owner types another. */
export function suggestedName(source: UploadSource): string {
  const name = source.kind === 'archive' ? source.file.name.replace(archiveName, '') : source.folderName;
  return name.trim().slice(0, maxNameLength);
}

export function sizeOf(source: UploadSource): number {
  return source.kind === 'archive' ? source.file.size : source.files.reduce((sum, { file }) => sum + file.size, 0);
}

/** The multipart form that the server expects: the paths of a folder go before its files, in their order. */
export function formOf(source: UploadSource, name: string): FormData {
  const form = new FormData();
  form.set('name', name);
  if (source.kind === 'archive') {
    form.append('files', source.file, source.file.name);
    return form;
  }
  form.set('paths', JSON.stringify(source.files.map(({ path }) => path)));
  for (const { file } of source.files) form.append('files', file, file.name);
  return form;
}

function folderOf(all: readonly FolderFile[], alreadyLeftOut: ReadonlySet<string> = new Set()): Choice {
  const leftOut = new Set(alreadyLeftOut);
  const files = all.filter(({ path }) => {
    const ignored = path
      .split('/')
      .slice(0, -1)
      .find((part) => ignoredFolders.has(part));
    if (ignored !== undefined) leftOut.add(ignored);
    return ignored === undefined;
  });
  const folderName = all[0]?.path.split('/')[0] ?? '';
  if (files.length === 0) {
    return refused({
      code: 'empty-folder',
      message: folderName === '' ? 'The folder is empty.' : `There is nothing to build in “${folderName}”.`,
      hint: 'Choose the folder that holds the package.json or the index.html.',
    });
  }
  if (files.length > maxFolderFiles) return refused(tooManyFiles);
  return { ok: true, source: { kind: 'folder', folderName, files, leftOut: [...leftOut].sort() } };
}

async function walk(root: FileSystemDirectoryEntry): Promise<[readonly FolderFile[], ReadonlySet<string>]> {
  const files: FolderFile[] = [];
  const leftOut = new Set<string>();
  const waiting: FileSystemDirectoryEntry[] = [root];
  for (let folder = waiting.pop(); folder !== undefined && files.length <= maxFolderFiles; folder = waiting.pop()) {
    for (const entry of await entriesOf(folder)) {
      if (isFile(entry)) files.push({ path: entry.fullPath.replace(/^\//, ''), file: await fileOf(entry) });
      else if (isDirectory(entry) && !ignoredFolders.has(entry.name)) waiting.push(entry);
      else leftOut.add(entry.name);
    }
  }
  return [files, leftOut];
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;

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

const tooManyFiles: Trouble = {
  code: 'too-many-files',
  message: `The folder holds more than ${maxFolderFiles.toLocaleString('en')} files.`,
  hint: 'Choose the folder of one project.',
};
