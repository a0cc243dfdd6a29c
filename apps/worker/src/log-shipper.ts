import { maxLogBytes, maxLogLines } from '@yardmaster/build-runner';
import type { JobId } from '@yardmaster/domain';
import { type LogBatch, type LogLine, logBatchDelayMs, maxLinesPerLogBatch } from '@yardmaster/protocol';

/** Beside what the build itself may print there are some lines of ours. */
const ownLines = 1_000;
const ownCharacters = 1_000_000;
/**
 * What is kept while it cannot be sent, in lines and UTF-16 units: as much as one build may print, so that a burst on a
 * busy machine, or a message server that is away, loses none. Lines on top of either are dropped and show as missing.
 */
export const maxBufferedLines = maxLogLines + ownLines;
export const maxBufferedCharacters = maxLogBytes + ownCharacters;
/** Well under the 1 MiB that a NATS message may have, whatever JSON adds. */
export const maxBatchCharacters = 200_000;
const retryAfterMs = 500;
/** How long the end of an attempt waits for its last lines to be sent. */
const longestFlushMs = 5_000;

export interface LogShipper {
  add(line: LogLine): void;
  /**
   * Sends what is left and then the end marker. Resolves when both are sent, when five seconds are over, or at `stop`;
   * what is not sent by then is still tried until `stop`. Lines that are added afterwards are not taken.
   */
  end(): Promise<void>;
  /** Sends nothing more. Idempotent. */
  stop(): void;
}

/** Sends the log of one attempt in numbered batches, in order. Numbers count from 1 and are never used twice. */
export function createLogShipper({
  jobId,
  attempt,
  send,
}: {
  readonly jobId: JobId;
  readonly attempt: number;
  /** Resolves true once the batch is safely on its way; false, and a rejection, mean that it is to be sent again. */
  readonly send: (batch: LogBatch) => Promise<boolean>;
}): LogShipper {
  const stopping = new AbortController();
  let buffer: { readonly n: number; readonly line: LogLine }[] = [];
  let bufferedCharacters = 0;
  let made = 0;
  let ended = false;
  let flushing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  return {
    add(line) {
      if (ended) return;
      made += 1;
      if (buffer.length < maxBufferedLines && bufferedCharacters + line.text.length <= maxBufferedCharacters) {
        buffer.push({ n: made, line });
        bufferedCharacters += line.text.length;
      }
      if (flushing !== null) return;
      if (buffer.length >= maxLinesPerLogBatch || bufferedCharacters >= maxBatchCharacters) void flush();
      else timer ??= setTimeout(flush, logBatchDelayMs);
    },
    async end() {
      ended = true;
      const sent = flush().then(sendEnd);
      await Promise.race([sent, pause(longestFlushMs)]);
    },
    stop: () => stopping.abort(),
  };

  /** Sends everything there is, also what is added meanwhile. Never rejects. */
  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (buffer.length > 0) flushing ??= sendAll();
    return flushing ?? Promise.resolve();
  }

  async function sendAll(): Promise<void> {
    while (buffer.length > 0 && !stopping.signal.aborted) {
      const lines = nextLines();
      const firstLine = buffer[0]?.n ?? made;
      if (!(await sent({ jobId, attempt, firstLine, lines, end: null }))) continue;
      buffer = buffer.slice(lines.length);
      bufferedCharacters -= charactersOf(lines);
    }
    flushing = null; // In the same breath as the last look, so that a line added next begins another flush.
  }

  /** As many lines with consecutive numbers as fit. */
  function nextLines(): LogLine[] {
    const firstLine = buffer[0]?.n ?? made;
    const lines: LogLine[] = [];
    let characters = 0;
    for (const { n, line } of buffer) {
      characters += line.text.length;
      const fits = lines.length < maxLinesPerLogBatch && characters <= maxBatchCharacters;
      if (n !== firstLine + lines.length || (lines.length > 0 && !fits)) break;
      lines.push(line);
    }
    return lines;
  }

  async function sendEnd(): Promise<void> {
    const marker = { jobId, attempt, firstLine: made + 1, lines: [], end: { lines: made } };
    while (!stopping.signal.aborted && !(await sent(marker)));
  }

  /** False, after a pause, when the batch is to be sent again. */
  async function sent(batch: LogBatch): Promise<boolean> {
    try {
      if (await send(batch)) return true;
    } catch {
      // The same as false.
    }
    await pause(retryAfterMs);
    return false;
  }

  /** Ends early at `stop`. */
  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(waiting);
        stopping.signal.removeEventListener('abort', done);
        resolve();
      };
      const waiting = setTimeout(done, ms);
      stopping.signal.addEventListener('abort', done);
      if (stopping.signal.aborted) done();
    });
  }
}

function charactersOf(lines: readonly LogLine[]): number {
  return lines.reduce((sum, { text }) => sum + text.length, 0);
}
