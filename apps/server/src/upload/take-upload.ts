import { rename, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { ArtifactStore } from '@yardmaster/application';
import type { ArchiveLimits } from '@yardmaster/build-runner';
import type { ArtifactId, BuildSource } from '@yardmaster/domain';
import type { Inspector } from './inspector.ts';
import { packFiles } from './pack-files.ts';
import {
  hasArchiveName,
  type ReceivedFile,
  type ReceivedUpload,
  receiveUpload,
  type UploadTally,
} from './receive-upload.ts';
import { UploadAborted, UploadRefused } from './refusal.ts';

const maxOriginalNameLength = 255;

/**
 * Takes an upload in: receives it, makes one archive of it, lets the fields be checked, inspects the archive and puts it
 * into the artifact store, durably. Throws {@link UploadRefused} for what is not accepted; whatever happens, nothing is
 * left in the staging area.
 */
export async function takeUpload<Fields>(
  req: IncomingMessage,
  {
    artifacts,
    inspector,
    artifactIdFor,
    limits,
    checkFields,
    tally,
  }: {
    readonly artifacts: ArtifactStore;
    readonly inspector: Inspector;
    /** The same content gets the same id, so that a repeated request stores nothing twice. */
    readonly artifactIdFor: (sha256: string) => ArtifactId;
    readonly limits: ArchiveLimits;
    /** Called before anything expensive; throws what the client is to be told. */
    readonly checkFields: (fields: ReceivedUpload['fields']) => Fields;
    readonly tally: UploadTally;
  },
): Promise<{ readonly source: BuildSource; readonly fields: Fields }> {
  const gone = new AbortController();
  const { signal } = gone;
  req.once('aborted', () => gone.abort(new UploadAborted('The client went away.')));
  const stagedFile = await artifacts.stagingPath();
  const packed = await artifacts.stagingPath();
  try {
    const upload = await receiveUpload(req, { stagedFile, limits, tally });
    const originalName = nameOf(upload);
    const fields = checkFields(upload.fields);
    if (upload.files.length === 0) throw filesMissing();
    if (isOneArchive(upload)) await rename(stagedFile, packed);
    else await packFiles({ stagedFile, files: withPaths(upload), into: packed });

    const inspection = await inspector.inspect({ file: packed, limits, signal });
    if (!inspection.ok) throw new UploadRefused(inspection.rejection);
    const { format, sha256, archiveBytes, websiteType } = inspection;
    const artifactId = artifactIdFor(sha256);
    await artifacts.putFile(artifactId, packed);
    return { fields, source: { artifactId, format, sha256, sizeBytes: archiveBytes, originalName, websiteType } };
  } catch (error) {
    // An inspection that was broken off fails with an error of its own.
    signal.throwIfAborted();
    throw error;
  } finally {
    await Promise.all([rm(stagedFile, { force: true }), rm(packed, { force: true })]);
  }
}

/** One file is an archive, unless it is named as part of a folder or its path says that it is something else. */
function isOneArchive({ files, paths }: ReceivedUpload): boolean {
  const [file] = files;
  if (files.length !== 1 || file === undefined) return false;
  const [path] = paths;
  return path === undefined || (!path.includes('/') && (file.isArchive || hasArchiveName(path)));
}

function withPaths({ files, paths }: ReceivedUpload): readonly (ReceivedFile & { readonly path: string })[] {
  if (paths.length > 0 && paths.length !== files.length) {
    throw new UploadRefused({
      code: 'paths-invalid',
      message: `There are ${files.length} files but ${paths.length} paths.`,
      hint: 'Send one relative path per file, in the same order, or none to use the names of the files.',
    });
  }
  return files.map((file, index) => ({ ...file, path: paths[index] ?? file.name }));
}

function nameOf({ files, paths }: ReceivedUpload): string {
  const [file] = files;
  const name = files.length === 1 ? (file?.name ?? '') : ((paths[0] ?? file?.name)?.split('/')[0] ?? '');
  return name.slice(0, maxOriginalNameLength);
}

const filesMissing = (): UploadRefused =>
  new UploadRefused({
    code: 'files-missing',
    message: 'The upload holds no files.',
    hint: 'Send an archive, or the files of a folder, in "files".',
  });
