import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { type ByteBudget, createByteBudget } from './byte-budget.ts';
import { drain } from './drain.ts';
import { createEntryGuard, type EntryGuard, type EntryKind } from './entry-guard.ts';
import type { ArchiveLimits } from './limits.ts';
import { ArchiveRejected } from './rejection.ts';
import type { ArchiveTotals, EntryVisitor, WalkOptions } from './walk-archive.ts';

export const walkTarGz = async (options: WalkOptions & { readonly file: string }): Promise<ArchiveTotals> => {
  const archiveBytes = (await stat(options.file)).size;
  return walkTarGzStream({ ...options, source: createReadStream(options.file), archiveBytes });
};

/** Visits a tar.gz as it streams by, in one pass, under the same guards as a zip. */
export const walkTarGzStream = async ({
  source,
  archiveBytes,
  limits,
  visitor,
  signal,
}: WalkOptions & { readonly source: Readable; readonly archiveBytes: number | null }): Promise<ArchiveTotals> => {
  const guard = createEntryGuard(limits);
  const budget = createByteBudget({ limits, archiveBytes });
  const entries = extract();
  const visit = async (): Promise<void> => {
    for await (const entry of entries) {
      // The stream's own types say nothing of its chunks, which are always bytes.
      const content = entry as unknown as AsyncIterable<Buffer>;
      await visitEntry({ header: entry.header, content, guard, budget, visitor });
    }
  };
  const raw = boundRawBytes(limits);
  // Both promises are awaited together, so that the one that failed first gives the reason and no stream is left.
  const reading = pipeline(source, createGunzip(), raw, entries, { signal });
  const visiting = visit().catch((error: unknown) => {
    source.destroy();
    raw.destroy();
    throw error;
  });
  const [read, visited] = await Promise.allSettled([reading, visiting]);
  signal.throwIfAborted();
  if (visited.status === 'rejected') {
    // The entry stream reports a broken gzip stream only as a premature close; the reader knows the cause.
    const knowsMore = read.status === 'rejected' && !(visited.reason instanceof ArchiveRejected);
    throw knowsMore && !isPrematureClose(read.reason) ? read.reason : visited.reason;
  }
  if (read.status === 'rejected') throw read.reason;
  return { files: guard.files, unpackedBytes: budget.unpackedBytes };
};

const isPrematureClose = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';

const visitEntry = async ({
  header,
  content,
  guard,
  budget,
  visitor,
}: {
  readonly header: Header;
  readonly content: AsyncIterable<Buffer>;
  readonly guard: EntryGuard;
  readonly budget: ByteBudget;
  readonly visitor: EntryVisitor;
}): Promise<void> => {
  const kind = entryKind(header);
  const admission = guard.admit({ path: header.name, kind });
  const counted = countedContent(content, budget.beginFile(header.name));
  if (admission.ignored) return drain(counted);
  const { path } = admission;
  if (kind === 'file') {
    return visitor.onFile({ path, executable: ((header.mode ?? 0) & 0o111) !== 0 }, counted);
  }
  await drain(counted);
  if (kind === 'directory') return visitor.onDirectory(path);
  const target = header.linkname ?? '';
  guard.admitLinkTarget({ path, target });
  return visitor.onSymlink({ path, target });
};

async function* countedContent(content: AsyncIterable<Buffer>, count: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    count(chunk.length);
    yield chunk;
  }
}

const entryKind = (header: Header): EntryKind => {
  switch (header.type) {
    case 'file':
    case 'contiguous-file':
      return 'file';
    case 'directory':
      return 'directory';
    case 'symlink':
      return 'symlink';
    case 'link':
      return 'hardlink';
    default:
      return 'special';
  }
};

/** Header and padding blocks per entry: own header, a long-name or pax header with its data, padding. */
const overheadBytesPerEntry = 4 * 512;

/** Bounds what comes out of gzip even where it belongs to no file: padding after the end, endless headers. */
const boundRawBytes = (limits: ArchiveLimits): Transform => {
  const bound = limits.maxUnpackedBytes + 2 * limits.maxFiles * overheadBytesPerEntry;
  let total = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      total += chunk.length;
      if (total <= bound) return callback(null, chunk);
      callback(
        new ArchiveRejected({
          code: 'unpacked-too-large',
          message: 'The archive unpacks to more than is allowed.',
          hint: 'Leave node_modules, build output and large media out of the archive.',
        }),
      );
    },
  });
};
