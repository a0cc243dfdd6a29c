import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { inflateRawSync } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';

const windowBytes = 64 * 1024;
/** One for the central directory, the rest for local headers and small files. */
const cachedWindows = 4;
/** Files up to this size are read and inflated in one call: streams cost ten times as much as a small file does. */
const smallFileBytes = 128 * 1024;

/** A record of the central directory, as the zip format lays it out (APPNOTE 4.3.12). */
const recordSignature = 0x02014b50;
const recordHeaderBytes = 46;
const slash = 0x2f;

/**
 * Reads a zip file through a few cached windows. yauzl by itself asks the disk four times per entry, which makes the
 * directory of a 100,000-file archive take ten seconds.
 */
class WindowedReader extends RandomAccessReader {
  readonly #handle: FileHandle;
  readonly #windows = new Map<number, Promise<Buffer>>();
  #last: { readonly start: number; readonly bytes: Buffer } | null = null;

  constructor(handle: FileHandle) {
    super();
    this.#handle = handle;
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    // The directory is read in hundreds of thousands of small steps; a promise for each would need more memory than it.
    const from = position % windowBytes;
    const last = this.#last;
    if (position - from === last?.start && from + length <= last.bytes.length) {
      last.bytes.copy(target, offset, from, from + length);
      queueMicrotask(() => callback(null, length));
      return;
    }
    this.#copy({ target, offset, length, position }).then(
      (bytesRead) => callback(null, bytesRead),
      (error: Error) => callback(error),
    );
  }

  /** Reads exactly `length` bytes; fails when the file ends before. */
  async readRange(position: number, length: number): Promise<Buffer> {
    const target = Buffer.alloc(length);
    const bytesRead = await this.#copy({ target, offset: 0, length, position });
    if (bytesRead < length) throw new Error('unexpected EOF');
    return target;
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#chunks(start, end), { objectMode: false });
  }

  /** yauzl counts references to decide when to close, and loses count on errors: `OpenZip.close` closes for sure. */
  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }

  /** Counts the files in a central directory in a few windows' memory. Stops at the first thing that is no record. */
  async countFiles(start: number, end: number): Promise<number> {
    let files = 0;
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of this.#chunks(start, end)) {
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

  /** A file stream of Node would close the handle when yauzl destroys it. */
  async *#chunks(start: number, end: number): AsyncGenerator<Buffer> {
    for (let position = start; position < end; ) {
      const length = Math.min(windowBytes, end - position);
      const { buffer, bytesRead } = await this.#handle.read(Buffer.alloc(length), 0, length, position);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      position += bytesRead;
    }
  }

  /** Copies up to `length` bytes, fewer only at the end of the file. */
  async #copy(range: { target: Buffer; offset: number; length: number; position: number }): Promise<number> {
    let done = 0;
    while (done < range.length) {
      const position = range.position + done;
      const window = await this.#window(Math.floor(position / windowBytes));
      const from = position % windowBytes;
      this.#last = { start: position - from, bytes: window };
      const copied = window.copy(range.target, range.offset + done, from, from + range.length - done);
      if (copied === 0) break;
      done += copied;
    }
    return done;
  }

  #window(index: number): Promise<Buffer> {
    const cached = this.#windows.get(index);
    if (cached !== undefined) {
      this.#windows.delete(index);
      this.#windows.set(index, cached);
      return cached;
    }
    const [oldest] = this.#windows.keys();
    if (this.#windows.size >= cachedWindows && oldest !== undefined) this.#windows.delete(oldest);
    const window = this.#readWindow(index);
    this.#windows.set(index, window);
    return window;
  }

  async #readWindow(index: number): Promise<Buffer> {
    const bytes = Buffer.alloc(windowBytes);
    const { bytesRead } = await this.#handle.read(bytes, 0, windowBytes, index * windowBytes);
    return bytes.subarray(0, bytesRead);
  }
}

export interface OpenZip {
  readonly zip: ZipFile;
  /** The unpacked bytes of an entry, never more than its header declares. */
  readEntry(entry: Entry): AsyncIterable<Buffer>;
  /** The number of files by the directory itself, for little memory. */
  countFiles(): Promise<number>;
  close(): Promise<void>;
}

/** Opens a zip file. The caller closes it when nothing is read any more. */
export const openZip = async (file: string): Promise<OpenZip> => {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const reader = new WindowedReader(handle);
    // Names are decoded by our own rules, so they arrive as bytes.
    const options = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: true };
    const zip = await fromRandomAccessReaderPromise(reader, size, options);
    // Before the first entry is read, yauzl's cursor stands at the beginning of the directory.
    const directoryStart = Number(zip.readEntryCursor);
    return {
      zip,
      readEntry: (entry) => readEntry({ zip, reader, entry }),
      countFiles: () => reader.countFiles(directoryStart, size),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
};

async function* readEntry({
  zip,
  reader,
  entry,
}: {
  readonly zip: ZipFile;
  readonly reader: WindowedReader;
  readonly entry: Entry;
}): AsyncGenerator<Buffer> {
  const { uncompressedSize, compressedSize } = entry;
  if (Math.max(uncompressedSize, compressedSize) > smallFileBytes) {
    yield* await zip.openReadStreamPromise(entry);
    return;
  }
  const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const packed = await reader.readRange(fileDataStart, compressedSize);
  // One output buffer of the right size: the default of 16 KB per small file adds up faster than it is collected.
  const chunkSize = Math.max(64, uncompressedSize + 1);
  const maxOutputLength = Math.max(1, uncompressedSize);
  const bytes = entry.compressionMethod === 8 ? inflateRawSync(packed, { maxOutputLength, chunkSize }) : packed;
  if (bytes.length !== uncompressedSize) throw new Error('an entry does not have the size that its header declares');
  yield bytes;
}
