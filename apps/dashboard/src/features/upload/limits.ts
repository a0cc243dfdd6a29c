import type { Trouble } from '../../shared/api/api.ts';
import { sizeText } from '../../shared/format/quantities.ts';
import { sizeOf, type UploadSource } from './upload-source.ts';

const megabyte = 1_000_000;

/**
 * What a server takes unless its operator set something else (`YARDMASTER_UPLOAD_MAX_…`). This page does not know the
 * settings, so it only warns of sizes; the server has the last word.
 */
export const usualLimits = { maxUploadBytes: 500 * megabyte, maxFileBytes: 200 * megabyte } as const;

/** Of a limit, which is a round number. */
export const megabytesText = (bytes: number): string => `${bytes / megabyte} MB`;

/** As many as a server takes by default; a folder with more was chosen by mistake, and is not read to its end. */
export const maxFolderFiles = 100_000;

/** What will probably be refused, said before it is sent; null when nothing is. */
export function warningAbout(source: UploadSource): Trouble | null {
  const totalBytes = sizeOf(source);
  if (totalBytes > usualLimits.maxUploadBytes) {
    return {
      code: 'archive-too-large',
      message: `This is ${sizeText(totalBytes)}. More than ${megabytesText(usualLimits.maxUploadBytes)} is refused, unless this server was set up to take it.`,
      hint: 'Leave node_modules, .git, build output and large media out.',
    };
  }
  const tooLarge = source.kind === 'folder' && source.files.find(({ file }) => file.size > usualLimits.maxFileBytes);
  if (!tooLarge) return null;
  return {
    code: 'file-too-large',
    message: `“${tooLarge.path}” is ${sizeText(tooLarge.file.size)}. A file of more than ${megabytesText(usualLimits.maxFileBytes)} is refused, unless this server was set up to take it.`,
    hint: 'Leave the file out, or host large media elsewhere and link to it.',
  };
}
