import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { inflateRawSync } from 'node:zlib';
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl';

const windowBytes = 64 * 1024;
/** One for the central directory, the rest for local headers and small files. */
const cachedWindows = 4;
/** Files up to this size are inflated in one call: a stream per file costs ten times as much as the file. */
const inflateAtOnceBytes = 128 * 1024;

/**
 * Reads a zip file through a few cached windows. yauzl by itself asks the disk four times per entry, which makes the
 * directory of a 100,000-file archive take ten seconds.
 */
class WindowedReader extends RandomAccessReader {
  readonly #handle: FileHandle;
  readonly #windows = new Map<number, Promise<Buffer>>();

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
    this.#copy({ target, offset, length, position }).then(
      (bytesRead) => callback(null, bytesRead),
      (error: Error) => callback(error),
    );
  }

  override _readStreamForRange(start: number, end: number): Readable {
    if (end - start > windowBytes) {
      return this.#handle.createReadStream({ start, end: end - 1, autoClose: false });
    }
    const target = Buffer.alloc(end - start);
    const read = async function* (copy: Promise<number>) {
      yield target.subarray(0, await copy);
    };
    return Readable.from(read(this.#copy({ target, offset: 0, length: target.length, position: start })));
  }

  override close(callback: (error: Error | null) => void): void {
    this.#handle.close().then(
      () => callback(null),
      (error: Error) => callback(error),
    );
  }

  /** Copies up to `length` bytes, fewer only at the end of the file. */
  async #copy(range: { target: Buffer; offset: number; length: number; position: number }): Promise<number> {
    let done = 0;
    while (done < range.length) {
      const position = range.position + done;
      const window = await this.#window(Math.floor(position / windowBytes));
      const from = position % windowBytes;
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

/** Opens a zip file. The caller closes it; closing waits for streams that are still read. */
export const openZip = async (file: string): Promise<ZipFile> => {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    // Names are decoded by our own rules, so they arrive as bytes.
    const options = { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: true };
    return await fromRandomAccessReaderPromise(new WindowedReader(handle), size, options);
  } catch (error) {
    await handle.close();
    throw error;
  }
};

/** The unpacked bytes of an entry, never more than its header declares. */
export async function* readEntry(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  const { uncompressedSize, compressedSize } = entry;
  const deflated = entry.compressionMethod === 8;
  if (!deflated || uncompressedSize > inflateAtOnceBytes || compressedSize > inflateAtOnceBytes) {
    yield* await zip.openReadStreamPromise(entry);
    return;
  }
  const packed = await buffer(await zip.openReadStreamPromise(entry, { decodeFileData: false }));
  const bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, uncompressedSize) });
  if (bytes.length !== uncompressedSize) throw new Error('an entry has not the size that its header declares');
  yield bytes;
}
