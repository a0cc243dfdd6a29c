import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Readable, Writable } from 'node:stream';
import type { ArchiveLimits } from '@yardmaster/build-runner';
import busboy from 'busboy';
import { reclaimMemory } from './reclaim-memory.ts';
import { UploadAborted, UploadRefused } from './refusal.ts';
import type { StagedFile } from './staged-file.ts';

/** One uploaded file: where its bytes lie in the staged file. */
export interface ReceivedFile {
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
  /** By its first bytes, whatever its name says. */
  readonly isArchive: boolean;
}

export interface ReceivedUpload {
  readonly files: readonly ReceivedFile[];
  /** Of the first file's bytes, which are all there is when one archive was sent; null without files. */
  readonly firstSha256: string | null;
  /** Every field but `paths`; of one sent twice the last counts. */
  readonly fields: ReadonlyMap<string, string>;
  /** Relative paths of the files, in their order; empty when none were sent. */
  readonly paths: readonly string[];
}

/** What is known of an upload so far, kept up to date while it arrives. */
export interface UploadTally {
  /** Of the first file. */
  fileName: string | null;
  sizeBytes: number;
}

/** All fields and names of files together: room for the paths of a hundred thousand files. */
const maxFieldBytes = 16 * 1024 * 1024;
const maxFieldNameBytes = 100;
/** Fields beside one path per file. */
const maxOtherFields = 50;
const maxHeaderPairs = 20;
/**
 * How much of a request is parsed at a time. A chunk from a socket can hold six hundred files of a few bytes, whose streams
 * and promises take more room than the young heap has: all of them would be promoted, and a hundred thousand such files
 * made the process two hundred megabytes larger, the more the faster they came. A slice holds some eighty of them, and
 * large files arrive as fast as without.
 */
const sliceBytes = 8 * 1024;

/**
 * Receives a multipart upload: the bytes of all `files` go one after the other into one staged file, as they come, so
 * memory stays bounded by a few chunks and the disk is written once. The names, sent before or after the files, decide
 * later what the bytes are.
 *
 * Throws {@link UploadRefused} at the first violation of a limit, {@link UploadAborted} when the client goes away. The
 * staged file is flushed, and the caller's to close and to remove, in every case. What is left of the request is read and
 * dropped, so that the client gets to see the answer.
 */
export async function receiveUpload(
  req: IncomingMessage,
  target: { readonly staged: StagedFile; readonly limits: ArchiveLimits; readonly tally: UploadTally },
): Promise<ReceivedUpload> {
  const parser = createParser(req, target.limits);
  try {
    // Of one that went away before anybody listened nothing more is ever heard: neither an event nor a byte.
    if (req.destroyed) throw new UploadAborted('The client went away.');
    const received = await receiveParts(req, parser, target);
    await target.staged.flush();
    return received;
  } catch (error) {
    drop(req);
    throw error;
  }
}

/** Reads on and keeps nothing. */
function drop(req: IncomingMessage): void {
  req.on('data', (chunk: Buffer) => reclaimMemory(chunk.length)).resume();
}

function createParser(req: IncomingMessage, limits: ArchiveLimits): busboy.Busboy {
  if (!/^multipart\/form-data\b/i.test(req.headers['content-type'] ?? '')) {
    throw new UploadRefused({
      code: 'not-multipart',
      message: 'An upload is a multipart/form-data request.',
      hint: 'With curl: -F name=… -F files=@site.zip',
    });
  }
  try {
    return busboy({
      headers: req.headers,
      preservePath: true,
      defParamCharset: 'utf8',
      limits: {
        files: limits.maxFiles,
        fields: limits.maxFiles + maxOtherFields,
        fieldSize: maxFieldBytes,
        fieldNameSize: maxFieldNameBytes,
        headerPairs: maxHeaderPairs,
      },
    });
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : 'unreadable header');
  }
}

function receiveParts(
  req: IncomingMessage,
  parser: busboy.Busboy,
  target: { readonly staged: StagedFile; readonly limits: ArchiveLimits; readonly tally: UploadTally },
): Promise<ReceivedUpload> {
  const fields = createFields();
  const files: ReceivedFile[] = [];
  const firstHash = createHash('sha256');
  const { promise, resolve, reject } = Promise.withResolvers<ReceivedUpload>();
  // Small files arrive several to a chunk; they are written one after the other, in their order.
  let writing: Promise<void> = Promise.resolve();
  let waiting = 0;
  let onWritten = () => {};

  parser.on('file', (field, content, { filename }) => {
    // The parser destroys a file that is cut short, also one that is not read yet or not wanted.
    content.on('error', (error) => reject(malformed(error.message)));
    if (field !== 'files') return reject(unexpectedFile(field));
    const name = filename ?? '';
    if (!fields.hasRoomFor(name)) return reject(fieldsTooLarge());
    target.tally.fileName ??= name;
    waiting += 1;
    writing = writing.then(async () => {
      const hash = files.length === 0 ? firstHash : null;
      files.push(await appendFile(content, { ...target, name, offset: endOf(files.at(-1)), hash }));
      waiting -= 1;
      onWritten();
    });
    writing.catch((error: Error) => reject(error === content.errored ? malformed(error.message) : error));
  });
  parser.on('field', (name, value, { valueTruncated, nameTruncated }) => {
    try {
      fields.add(name, value, valueTruncated || nameTruncated);
    } catch (error) {
      reject(error);
    }
  });
  parser.on('filesLimit', () => reject(tooManyFiles(target.limits.maxFiles)));
  parser.on('fieldsLimit', () => reject(tooManyFiles(target.limits.maxFiles)));
  parser.on('error', (error: Error) => reject(malformed(error.message)));
  parser.on('close', () => {
    writing
      .then(() => {
        const firstSha256 = files.length === 0 ? null : firstHash.digest('hex');
        resolve({ files, firstSha256, ...fields.result() });
      })
      .catch(reject);
  });
  req.on('aborted', () => reject(new UploadAborted('The client went away.')));
  req.on('error', () => reject(new UploadAborted('The connection broke.')));

  /** A file of a few bytes never holds the parser up by itself; of those begun, only the last may need another slice. */
  async function parse(chunk: Buffer): Promise<void> {
    for (let at = 0; at < chunk.length; at += sliceBytes) {
      const slice = chunk.subarray(at, at + sliceBytes);
      await new Promise((resolve) => parser.write(slice, resolve));
      while (waiting > 1) await new Promise<void>((resolve) => (onWritten = resolve));
      reclaimMemory(slice.length);
    }
  }
  const slicing = new Writable({
    write: (chunk: Buffer, _encoding, done) => void parse(chunk).then(() => done(), done),
    final(done) {
      parser.end();
      done();
    },
  });
  slicing.on('error', reject);
  req.pipe(slicing);
  return promise.finally(() => {
    req.unpipe(slicing);
    parser.destroy(); // which ends the file under way
    // Nothing is written any more once the caller is told, so that it may remove the file.
    return writing.catch(() => undefined);
  });
}

const endOf = (file: ReceivedFile | undefined): number => (file === undefined ? 0 : file.offset + file.sizeBytes);

async function appendFile(
  content: Readable,
  file: {
    readonly staged: StagedFile;
    readonly limits: ArchiveLimits;
    readonly tally: UploadTally;
    readonly name: string;
    readonly offset: number;
    /** Gets the bytes too. */
    readonly hash: Hash | null;
  },
): Promise<ReceivedFile> {
  const { staged, limits, tally, name, offset, hash } = file;
  let sizeBytes = 0;
  let head = Buffer.alloc(0);
  for await (const data of content) {
    const chunk = data as Buffer; // busboy's files are byte streams
    if (head.length < 4) head = Buffer.concat([head, chunk.subarray(0, 4 - head.length)]);
    sizeBytes += chunk.length;
    tally.sizeBytes += chunk.length;
    if (offset + sizeBytes > limits.maxArchiveBytes) throw uploadTooLarge(limits.maxArchiveBytes);
    if (sizeBytes > limits.maxFileBytes && !isArchiveHead(head) && !hasArchiveName(name)) {
      throw fileTooLarge(name, limits.maxFileBytes);
    }
    hash?.update(chunk);
    await staged.append(chunk);
  }
  return { name, offset, sizeBytes, isArchive: isArchiveHead(head) };
}

/** zip (also an empty one) or gzip. */
function isArchiveHead(head: Buffer): boolean {
  if (head[0] === 0x1f && head[1] === 0x8b) return true;
  return head[0] === 0x50 && head[1] === 0x4b && (head[2] === 0x03 || head[2] === 0x05);
}

export const hasArchiveName = (name: string): boolean => /\.(zip|tgz|tar\.gz)$/i.test(name);

function createFields() {
  const fields = new Map<string, string>();
  const paths: string[] = [];
  let bytes = 0;

  /** Counts what is kept of a field or a file. */
  function hasRoomFor(text: string): boolean {
    bytes += Buffer.byteLength(text);
    return bytes <= maxFieldBytes;
  }

  return {
    hasRoomFor,
    add(name: string, value: string, isTruncated: boolean): void {
      if (isTruncated || !hasRoomFor(value)) throw fieldsTooLarge();
      if (name === 'paths') paths.push(value);
      else fields.set(name, value);
    },
    result: () => ({ fields, paths: readPaths(paths) }),
  };
}

/** `paths` is one JSON array, or one field per file. */
function readPaths(values: readonly string[]): readonly string[] {
  const [only] = values;
  if (values.length !== 1 || only === undefined || !only.trimStart().startsWith('[')) return values;
  try {
    const parsed: unknown = JSON.parse(only);
    if (Array.isArray(parsed) && parsed.every((path) => typeof path === 'string')) return parsed;
  } catch {
    // Answered below, like JSON of another shape.
  }
  throw new UploadRefused({ code: 'paths-invalid', message: '"paths" is no JSON array of strings.' });
}

const malformed = (reason: string): UploadRefused =>
  new UploadRefused({
    code: 'malformed-multipart',
    message: `The multipart body is malformed: ${reason}.`,
    hint: 'The upload was probably cut short; try again.',
  });

const fieldsTooLarge = (): UploadRefused =>
  new UploadRefused({
    code: 'fields-too-large',
    message: `The fields and the names of the files take more than ${inMegabytes(maxFieldBytes)}.`,
    hint: 'Shorten the names of the files, or send the folder as one archive.',
  });

const unexpectedFile = (field: string): UploadRefused =>
  new UploadRefused({
    code: 'unexpected-file',
    message: `Files are expected in "files", not in ${JSON.stringify(field.slice(0, 100))}.`,
    hint: 'With curl: -F files=@site.zip',
  });

const tooManyFiles = (maxFiles: number): UploadRefused =>
  new UploadRefused({
    code: 'too-many-files',
    message: `The upload holds more than ${maxFiles.toLocaleString('en')} files.`,
    hint: 'Leave node_modules, .git and build output out: dependencies are installed by the build.',
  });

const uploadTooLarge = (maxBytes: number): UploadRefused =>
  new UploadRefused({
    code: 'archive-too-large',
    message: `The upload is larger than ${inMegabytes(maxBytes)}.`,
    hint: 'Leave node_modules, .git, build output and large media out.',
  });

const fileTooLarge = (name: string, maxBytes: number): UploadRefused =>
  new UploadRefused({
    code: 'file-too-large',
    message: `The file ${JSON.stringify(name.slice(0, 120))} is larger than ${inMegabytes(maxBytes)}.`,
    hint: 'Leave the file out, or host large media elsewhere and link to it.',
  });

const inMegabytes = (bytes: number): string => `${Number((bytes / 1_000_000).toPrecision(4))} MB`;
