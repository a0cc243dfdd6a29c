import { open } from 'node:fs/promises';

/** Two of these per upload: one fills while the other is written. */
const bufferBytes = 256 * 1024;

/** A new file that is written from its beginning to its end, and closed by whoever opened it. */
export interface StagedFile {
  readonly path: string;
  /** Takes a copy of the bytes. Resolves when there is room for more; rejects when an earlier write has failed. */
  append(chunk: Buffer): Promise<void>;
  /** Resolves when everything appended is in the file. */
  flush(): Promise<void>;
  /** Resolves when the disk keeps what was flushed. */
  sync(): Promise<void>;
  /** Resolves when nothing is written to the file any more, whatever became of the writes. */
  close(): Promise<void>;
}

/**
 * The chunks of a socket are gathered: a write for each would be some eighty round trips through the thread pool for five
 * megabytes, every one of which waits for a core while builds keep all of them busy. Copies, not the chunks themselves,
 * since a chunk may be a few bytes of a buffer that is kept for as long as they are.
 */
export async function createStagedFile(path: string): Promise<StagedFile> {
  const handle = await open(path, 'wx');
  let filling = Buffer.allocUnsafeSlow(bufferBytes);
  let spare = Buffer.allocUnsafeSlow(bufferBytes);
  let filled = 0;
  let underWay: Promise<void> = Promise.resolve();

  /** Begins a write when the one before has ended. */
  async function write(): Promise<void> {
    await underWay;
    const full = filling.subarray(0, filled);
    [filling, spare] = [spare, filling];
    filled = 0;
    begin(() => handle.writeFile(full)); // from the current position on
  }

  function begin(work: () => Promise<void>): void {
    underWay = work();
    underWay.catch(() => undefined); // whoever waits for it next is told
  }

  return {
    path,
    async append(chunk) {
      for (let at = 0; at < chunk.length; ) {
        const copied = chunk.copy(filling, filled, at);
        filled += copied;
        at += copied;
        if (filled === bufferBytes) await write();
      }
    },
    async flush() {
      await write();
      await underWay;
    },
    async sync() {
      await underWay;
      begin(() => handle.sync());
      await underWay;
    },
    async close() {
      await underWay.catch(() => undefined);
      await handle.close();
    },
  };
}
