import { rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { ArtifactStore } from '@yardmaster/application';
import type { ArchiveLimits } from '@yardmaster/build-runner';
import { websiteTypeOf } from '@yardmaster/build-runner/website-type';
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
import { createStagedFile, type StagedFile } from './staged-file.ts';

const maxOriginalNameLength = 255;
/** How much is written to the disk between two looks at its room. */
const roomCheckBytes = 1024 * 1024;

/**
 * Takes an upload in: receives it, makes one archive of it, lets the fields be checked, inspects the archive and puts it
 * into the artifact store, durably. Throws {@link UploadRefused} for what is not accepted; whatever happens, nothing is
 * left in the staging area.
 */
export async function takeUpload<Fields, Prepared>(
  req: IncomingMessage,
  {
    artifacts,
    inspector,
    artifactIdFor,
    limits,
    checkFields,
    prepare,
    tally,
    assertRoom,
  }: {
    readonly artifacts: ArtifactStore;
    readonly inspector: Inspector;
    /**
     * The same content gets the same id, so that a repeated request stores nothing twice. Called before anything is
     * stored; throws what the client is to be told.
     */
    readonly artifactIdFor: (sha256: string, fields: Fields) => Promise<ArtifactId>;
    readonly limits: ArchiveLimits;
    /** Called before anything expensive; throws what the client is to be told. */
    readonly checkFields: (fields: ReceivedUpload['fields']) => Fields;
    /** Done for an accepted upload while its archive is put; it may stay done when that fails. */
    readonly prepare: (fields: Fields) => Promise<Prepared>;
    readonly tally: UploadTally;
    /** Called before so many bytes are written, and now and then while they are; throws what the client is to be told. */
    readonly assertRoom: (bytes: number) => Promise<void>;
  },
): Promise<{ readonly source: BuildSource; readonly fields: Fields; readonly prepared: Prepared }> {
  const gone = new AbortController();
  const { signal } = gone;
  req.once('aborted', () => gone.abort(new UploadAborted('The client went away.')));
  await assertRoom(Number(req.headers['content-length'] ?? 0));
  inspector.prepare();
  const packed = await artifacts.stagingPath();
  const staged = await createStagedFile(await artifacts.stagingPath());
  try {
    const upload = await receiveUpload(req, { staged: whileThereIsRoom(staged, assertRoom), limits, tally });
    const originalName = nameOf(upload);
    const fields = checkFields(upload.fields);
    const { file, sha256, sizeBytes, synced } = await asOneArchive(upload, { staged, packed, assertRoom });
    const [inspection] = await Promise.all([inspector.inspect({ file, limits, signal }), synced]);
    if (!inspection.ok) throw new UploadRefused(inspection.rejection);
    const { format, packageJson } = inspection;
    const artifactId = await artifactIdFor(sha256, fields);
    const [put, prepared] = await Promise.allSettled([artifacts.putFile(artifactId, file), prepare(fields)]);
    if (put.status === 'rejected') throw put.reason;
    if (prepared.status === 'rejected') throw prepared.reason;
    const websiteType = websiteTypeOf(packageJson);
    const source = { artifactId, format, sha256, sizeBytes, originalName, websiteType };
    return { source, fields, prepared: prepared.value };
  } catch (error) {
    // An inspection that was broken off fails with an error of its own.
    signal.throwIfAborted();
    throw error;
  } finally {
    await staged.close();
    await Promise.all([rm(staged.path, { force: true }), rm(packed, { force: true })]);
  }
}

/** Looks now and then whether the disk still has room: others write to it too, and not every request says how long it is. */
function whileThereIsRoom(staged: StagedFile, assertRoom: (bytes: number) => Promise<void>): StagedFile {
  let unchecked = 0;
  return {
    ...staged,
    async append(chunk) {
      unchecked += chunk.length;
      if (unchecked >= roomCheckBytes) {
        unchecked = 0;
        await assertRoom(0);
      }
      await staged.append(chunk);
    },
  };
}

interface Archive {
  readonly file: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Rejects when the disk could not keep it, which a later fsync of the same file need not say again. */
  readonly synced: Promise<void>;
}

/** The staged file as it is when one archive was sent, else a new one of all its files. */
async function asOneArchive(
  upload: ReceivedUpload,
  {
    staged,
    packed,
    assertRoom,
  }: {
    readonly staged: StagedFile;
    readonly packed: string;
    readonly assertRoom: (bytes: number) => Promise<void>;
  },
): Promise<Archive> {
  const [first] = upload.files;
  if (first === undefined || upload.firstSha256 === null) throw filesMissing();
  for (const path of upload.paths) checkNamesFile(path);
  if (!isOneArchive(upload)) {
    await assertRoom(upload.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    const written = await packFiles({ stagedFile: staged.path, files: withPaths(upload), into: packed });
    return { file: packed, ...written, synced: Promise.resolve() };
  }
  // Begun now, the disk does most of its work during the inspection, and `putFile` has less to wait for.
  return { file: staged.path, sha256: upload.firstSha256, sizeBytes: first.sizeBytes, synced: staged.sync() };
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
  if (paths.length === 0) for (const { name } of files) checkNamesFile(name);
  return files.map((file, index) => ({ ...file, path: paths[index] ?? file.name }));
}

/**
 * Refuses what a tar would write down as something else, so that the guards of the inspection never saw it: it cuts a
 * name at a zero byte, and takes one that ends in a slash for a folder. A name of dots is no file either.
 */
function checkNamesFile(path: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the purpose.
  if (!/[\x00-\x1f\x7f]/.test(path) && !/(^|[\\/])\.?$/.test(path) && path.isWellFormed()) return;
  throw new UploadRefused({
    code: 'path-invalid',
    message: `The path ${JSON.stringify(path.slice(0, 120))} names no file.`,
    hint: 'Send the path of each file below the folder, such as "css/style.css", without control characters.',
  });
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
