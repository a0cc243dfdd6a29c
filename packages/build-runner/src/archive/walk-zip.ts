import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { type Entry, getFileNameLowLevel } from 'yauzl';
import { type ByteBudget, createByteBudget } from './byte-budget.ts';
import { createEntryGuard, type EntryGuard, type EntryKind, tooMany } from './entry-guard.ts';
import { ArchiveRejected, encryptedArchive } from './rejection.ts';
import type { ArchiveTotals, WalkOptions } from './walk-archive.ts';
import { type OpenZip, openZip } from './zip-reader.ts';

/** Entries unpacked at the same time; more gains nothing on the disks it was measured on. */
const concurrentEntries = 8;

type ZipWalk = WalkOptions & { readonly file: string };

/**
 * Visits a zip in two passes. The first reads the central directory only, so that most bad archives are refused
 * before a byte is inflated; the second unpacks, counts the real bytes and verifies every checksum.
 */
export const walkZip = async (options: ZipWalk): Promise<ArchiveTotals> => {
  const opened = await openZip(options.file);
  try {
    await checkDirectory(options, opened);
    return await unpackEntries(options, opened);
  } finally {
    opened.close();
  }
};

const checkDirectory = async ({ limits, signal }: ZipWalk, opened: OpenZip): Promise<void> => {
  // The end record's own count comes first: a million entries are refused without reading one.
  if (opened.entryCount > 2 * limits.maxFiles) throw tooMany(limits.maxFiles, 'files');
  const mayBeTooMany = opened.entryCount > limits.maxFiles;
  if (mayBeTooMany && opened.countFiles() > limits.maxFiles) throw tooMany(limits.maxFiles, 'files');
  const guard = createEntryGuard(limits);
  const declared = createByteBudget({ limits, archiveBytes: opened.sizeBytes });
  for await (const entry of opened.eachEntry(signal)) {
    const admission = guard.admit({ path: entryPath(entry), kind: entryKind(entry) });
    refuseUnreadable(entry);
    declared.beginFile(admission.ignored ? '' : admission.path)(entry.uncompressedSize);
  }
};

const unpackEntries = async (options: ZipWalk, opened: OpenZip): Promise<ArchiveTotals> => {
  const guard = createEntryGuard(options.limits);
  const budget = createByteBudget({ limits: options.limits, archiveBytes: opened.sizeBytes });
  const entries = opened.eachEntry(options.signal);
  // A lane that fails ends the shared iteration, and with it the others once they are through with their entries.
  const lane = async (): Promise<void> => {
    for await (const entry of entries) await unpackEntry({ ...options, opened, guard, budget, entry });
  };
  for (const ended of await Promise.allSettled(Array.from({ length: concurrentEntries }, lane))) {
    if (ended.status === 'rejected') throw ended.reason;
  }
  return { files: guard.files, unpackedBytes: budget.unpackedBytes };
};

interface EntryTask extends WalkOptions {
  readonly opened: OpenZip;
  readonly guard: EntryGuard;
  readonly budget: ByteBudget;
  readonly entry: Entry;
}

const unpackEntry = async (task: EntryTask): Promise<void> => {
  const { guard, entry, visitor } = task;
  const kind = entryKind(entry);
  const admission = guard.admit({ path: entryPath(entry), kind });
  if (admission.ignored) return;
  const { path } = admission;
  if (kind === 'directory') return visitor.onDirectory(path);
  const content = checkedContent(task, path);
  if (kind === 'symlink') {
    const target = (await buffer(content)).toString('utf8');
    guard.admitLinkTarget({ path, target });
    return visitor.onSymlink({ path, target });
  }
  return visitor.onFile({ path, executable: (unixMode(entry) & 0o111) !== 0 }, content);
};

async function* checkedContent({ opened, entry, budget, signal }: EntryTask, path: string): AsyncGenerator<Buffer> {
  const count = budget.beginFile(path);
  let checksum = 0;
  for await (const chunk of opened.readEntry(entry)) {
    signal.throwIfAborted();
    count(chunk.length);
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (checksum !== entry.crc32) throw new Error(`the checksum of ${path} does not match`);
}

/** Names without the UTF-8 flag are tried as UTF-8 first: macOS writes such names, and no real CP437 name passes. */
const entryPath = (entry: Entry): string => {
  const raw = entry.fileNameRaw;
  const declaredUtf8 = (entry.generalPurposeBitFlag & 0x800) !== 0;
  if (declaredUtf8 || isValidUtf8(raw)) return raw.toString('utf8');
  return getFileNameLowLevel(entry.generalPurposeBitFlag, raw, entry.extraFields, true);
};

const utf8 = new TextDecoder('utf-8', { fatal: true });
const isValidUtf8 = (bytes: Buffer): boolean => {
  try {
    utf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
};

const unixMode = (entry: Entry): number => entry.externalFileAttributes >>> 16;

const entryKind = (entry: Entry): EntryKind => {
  // The upper byte of "version made by" names the system; mode bits mean something only for Unix (3) and macOS (19).
  const system = entry.versionMadeBy >>> 8;
  const type = system === 3 || system === 19 ? unixMode(entry) & 0o170000 : 0;
  if (type === 0o120000) return 'symlink';
  if (type !== 0 && type !== 0o100000 && type !== 0o040000) return 'special';
  return type === 0o040000 || entry.fileNameRaw.at(-1) === 0x2f ? 'directory' : 'file';
};

const refuseUnreadable = (entry: Entry): void => {
  if (entry.isEncrypted()) throw encryptedArchive();
  if (entry.canDecodeFileData()) return;
  throw new ArchiveRejected({
    code: 'compression-unsupported',
    message: `The archive uses compression method ${entry.compressionMethod}, which is not supported.`,
    hint: 'Make the zip with ordinary (deflate) compression, or upload a .tar.gz.',
  });
};
