import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { inflateRawSync } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';

const windowBytes = 64 * 1024;
/** One for the central directory, the rest for local headers and small files. */
const windowCount = 4;
/** Files up to this size are read and inflated in one call: streams cost ten times as much as a small file does. */
const smallFileBytes = 1024 * 1024;
/** Entries, and their bytes, read in one go before whatever else this thread has to do gets its turn. */
const entriesPerTurn = 64;
const bytesPerTurn = 1 * 1024 * 1024;

/** A record of the central directory, as the zip format lays it out (APPNOTE 4.3.12). */
const recordSignature = 0x02014b50;
const recordHeaderBytes = 46;
const slash = 0x2f;

interface Window {
  readonly bytes: Buffer;
  /** Which part of the file it holds; -1 for none yet. */
  index: number;
  length: number;
  usedAt: number;
}

/**
 * Reads a zip file through a few windows, which are allocated once. yauzl by itself asks the disk four times per entry,
 * which makes the directory of a 100,000-file archive take ten seconds. The reads are synchronous: one takes some
 * microseconds, while a round trip through the thread pool waits for a core, twice, when builds keep all of them busy.
 */
class WindowedReader extends RandomAccessReader {
  readonly #fd: number;
  readonly #windows: readonly Window[];
  #uses = 0;

  constructor(fd: number) {
    super();
    this.#fd = fd;
    this.#windows = Array.from({ length: windowCount }, () => ({
      bytes: Buffer.allocUnsafeSlow(windowBytes),
      index: -1,
      length: 0,
      usedAt: 0,
    }));
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    callback(null, this.#copy({ target, offset, length, position }));
  }

  /** Fills the target; fails when the file ends before. */
  fill(target: Buffer, position: number): void {
    const bytesRead = this.#copy({ target, offset: 0, length: target.length, position });
    if (bytesRead < target.length) throw new Error('unexpected EOF');
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#chunks(start, end), { objectMode: false });
  }

  /** yauzl counts references to decide when to close, and loses count on errors: `OpenZip.close` closes for sure. */
  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }

  /** Counts the files in a central directory in a few windows' memory. Stops at the first thing that is no record. */
  countFiles(start: number, end: number): number {
    let files = 0;
    let rest: Buffer = Buffer.alloc(0);
    for (const chunk of this.#chunks(start, end)) {
      const data = Buffer.concat([rest, chunk]);
      let at = 0;
      while (data.length - at >= recordHeaderBytes) {
        if (data.readUInt32LE(at) !== recordSignature) return files;
        const nameLength = data.readUInt16LE(at + 28);
        const next = at + recordHeaderBytes + nameLength + data.readUInt16LE(at + 30) + data.readUInt16LE(at + 32);
        if (next > data.length) break;
        if (data[at + recordHeaderBytes + nameLength - 1] !== slash) files += 1;
        at = next;
      }
      rest = data.subarray(at);
    }
    return files;
  }

  *#chunks(start: number, end: number): Generator<Buffer> {
    for (let position = start; position < end; ) {
      const chunk = Buffer.allocUnsafe(Math.min(windowBytes, end - position));
      const bytesRead = readSync(this.#fd, chunk, 0, chunk.length, position);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
      position += bytesRead;
    }
  }

  /** Copies up to `length` bytes, fewer only at the end of the file. */
  #copy(range: { target: Buffer; offset: number; length: number; position: number }): number {
    let done = 0;
    while (done < range.length) {
      const position = range.position + done;
      const { bytes, length } = this.#window(Math.floor(position / windowBytes));
      const from = position % windowBytes;
      const copied = bytes.copy(range.target, range.offset + done, from, Math.min(length, from + range.length - done));
      if (copied === 0) break;
      done += copied;
    }
    return done;
  }

  #window(index: number): Window {
    const held = this.#windows.find((window) => window.index === index);
    const window = held ?? this.#windows.reduce((oldest, other) => (other.usedAt < oldest.usedAt ? other : oldest));
    window.usedAt = ++this.#uses;
    if (held !== undefined) return held;
    window.index = -1; // nothing, should the read fail
    window.length = readSync(this.#fd, window.bytes, 0, windowBytes, index * windowBytes);
    window.index = index;
    return window;
  }
}

export interface OpenZip {
  readonly sizeBytes: number;
  /** What the end record claims. */
  readonly entryCount: number;
  /** The entries of the directory, in its order. Throws when the signal aborts. */
  eachEntry(signal: AbortSignal): AsyncIterable<Entry>;
  /** The unpacked bytes of an entry, never more than its header declares. */
  readEntry(entry: Entry): AsyncIterable<Buffer>;
  /** The number of files by the directory itself, for little memory. */
  countFiles(): number;
  close(): void;
}

/** Opens a zip file. The caller closes it when nothing is read any more. */
export const openZip = async (file: string): Promise<OpenZip> => {
  const fd = openSync(file, 'r');
  try {
    const { size } = fstatSync(fd);
    const reader = new WindowedReader(fd);
    // Names are decoded by our own rules, so they arrive as bytes.
    const options = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: true };
    const readDirectory = () => fromRandomAccessReaderPromise(reader, size, options);
    const zip = await readDirectory();
    // Before the first entry is read, yauzl's cursor stands at the beginning of the directory.
    const directoryStart = Number(zip.readEntryCursor);
    const small = Buffer.allocUnsafeSlow(smallFileBytes);
    return {
      sizeBytes: size,
      entryCount: zip.entryCount,
      eachEntry: (signal) => inTurns(readDirectory, signal),
      readEntry: (entry) => readEntry({ zip, reader, entry, small }),
      countFiles: () => reader.countFiles(directoryStart, size),
      close: () => closeSync(fd),
    };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
};

/** yauzl reads a directory once only, so each reading opens it anew. */
async function* inTurns(readDirectory: () => Promise<ZipFile>, signal: AbortSignal): AsyncGenerator<Entry> {
  const zip = await readDirectory();
  let entries = 0;
  let bytes = 0;
  for await (const entry of zip.eachEntry()) {
    entries += 1;
    bytes += entry.uncompressedSize;
    if (entries >= entriesPerTurn || bytes >= bytesPerTurn) {
      await letOthersRun();
      entries = 0;
      bytes = 0;
    }
    signal.throwIfAborted();
    yield entry;
  }
}

async function* readEntry({
  zip,
  reader,
  entry,
  small,
}: {
  readonly zip: ZipFile;
  readonly reader: WindowedReader;
  readonly entry: Entry;
  /** Room for the packed bytes of a small file, which are needed for the length of one call. */
  readonly small: Buffer;
}): AsyncGenerator<Buffer> {
  const { uncompressedSize, compressedSize } = entry;
  if (Math.max(uncompressedSize, compressedSize) > smallFileBytes) {
    yield* await zip.openReadStreamPromise(entry);
    return;
  }
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const packed = small.subarray(0, compressedSize);
  reader.fill(packed, fileDataStart);
  // One output buffer of the right size: the default of 16 KB per small file adds up faster than it is collected.
  const chunkSize = Math.max(64, uncompressedSize + 1);
  const maxOutputLength = Math.max(1, uncompressedSize);
  const isDeflated = entry.compressionMethod === 8;
  const bytes = isDeflated ? inflateRawSync(packed, { maxOutputLength, chunkSize }) : Buffer.from(packed);
  if (bytes.length !== uncompressedSize) throw new Error('an entry does not have the size that its header declares');
  yield bytes;
}
