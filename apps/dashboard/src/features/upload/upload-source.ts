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

/** How an upload is asked for, beside its files. */
export interface UploadOptions {
  readonly name: string;
  readonly priority: number;
}

export const archiveName = /\.(zip|tgz|tar\.gz)$/i;
const maxNameLength = 100;
/** Read at the same time when all files are looked at. */
const readsAtOnce = 64;

export function sourceName(source: UploadSource): string {
  return source.kind === 'archive' ? source.file.name : source.folderName;
}

/** The name a website gets unless its owner types another. */
export function suggestedName(source: UploadSource): string {
  return sourceName(source).replace(archiveName, '').trim().slice(0, maxNameLength);
}

export function sizeOf(source: UploadSource): number {
  return source.kind === 'archive' ? source.file.size : source.files.reduce((sum, { file }) => sum + file.size, 0);
}

/** The multipart form that the server expects: the paths of a folder go before its files, in their order. */
export function formOf(source: UploadSource, { name, priority }: UploadOptions): FormData {
  const form = new FormData();
  form.set('name', name);
  form.set('priority', String(priority));
  if (source.kind === 'archive') {
    form.append('files', source.file, source.file.name);
    return form;
  }
  form.set('paths', JSON.stringify(source.files.map(({ path }) => path)));
  for (const { file } of source.files) form.append('files', file, file.name);
  return form;
}

/**
 * The path of a file that can no longer be read, or null: browsers refuse to read a file that was changed, moved or
 * deleted after it was chosen. Looks at every file, so it is for when an upload broke off and not for before.
 */
export async function unreadableFile(source: UploadSource): Promise<string | null> {
  const files = source.kind === 'archive' ? [{ path: source.file.name, file: source.file }] : source.files;
  for (let from = 0; from < files.length; from += readsAtOnce) {
    const part = files.slice(from, from + readsAtOnce);
    const readable = await Promise.all(part.map(({ file }) => canRead(file)));
    const found = part[readable.indexOf(false)];
    if (found !== undefined) return found.path;
  }
  return null;
}

const canRead = (file: File): Promise<boolean> =>
  file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );
