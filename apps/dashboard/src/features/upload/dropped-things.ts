import type { DropzoneOptions } from 'react-dropzone';

/** A folder in the shape in which react-dropzone hands things on: it knows files only. What is in it is read later. */
export class DroppedFolder extends File {
  readonly entry: FileSystemDirectoryEntry;

  constructor(entry: FileSystemDirectoryEntry) {
    super([], entry.name);
    this.entry = entry;
  }
}

/**
 * What was dropped, pasted or chosen, one for each thing. In place of react-dropzone's own reading, which enters every
 * folder, node_modules included, before anything can be shown or stopped, and does not tell an empty folder from none.
 * The items have to be taken while the message lasts, so everything here happens at once.
 */
export const thingsOf: NonNullable<DropzoneOptions['getFilesFromEvent']> = async (message) => {
  if (Array.isArray(message)) return [];
  if ('dataTransfer' in message && message.dataTransfer !== null) {
    const items = [...message.dataTransfer.items].filter(({ kind }) => kind === 'file');
    return message.type === 'drop' ? thingsIn(items) : items;
  }
  const { files } = message.target as HTMLInputElement; // the only other place where react-dropzone listens
  return [...(files ?? [])];
};

export function thingsIn(items: readonly DataTransferItem[]): File[] {
  return items
    .map((item) => {
      const entry = item.webkitGetAsEntry();
      return entry !== null && isDirectory(entry) ? new DroppedFolder(entry) : item.getAsFile();
    })
    .filter((thing) => thing !== null);
}

export const isDirectory = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
