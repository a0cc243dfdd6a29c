import type { JobId } from '@yardmaster/domain';
import { type LogBatch, type LogLine, logBatchDelayMs, maxLinesPerLogBatch } from '@yardmaster/protocol';

/** Lines that are kept while they cannot be sent; what comes on top is dropped and shows as missing. */
const maxBufferedLines = 50_000;
/** Well under the 1 MiB that a NATS message may have, whatever JSON adds. */
const maxBatchCharacters = 200_000;
const retryAfterMs = 500;
/** How long the end of an attempt waits for its last lines to be sent. */
const longestFlushMs = 5_000;

export interface LogShipper {
  add(line: LogLine): void;
  /** Sends what is left and the end marker, bounded in time. Nothing may be added afterwards. */
  end(): Promise<void>;
}

/** Sends the log of one attempt in numbered batches, in order. Numbers count from 1 and are never used twice. */
export function createLogShipper({
  jobId,
  attempt,
  send,
}: {
  readonly jobId: JobId;
  readonly attempt: number;
  /** Resolves true once the batch is safely on its way. */
  readonly send: (batch: LogBatch) => Promise<boolean>;
}): LogShipper {
  const buffer: { readonly n: number; readonly line: LogLine }[] = [];
  let made = 0;
  let ended = false;
  let flushing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  return {
    add(line) {
      made += 1;
      if (buffer.length < maxBufferedLines) buffer.push({ n: made, line });
      if (buffer.length >= maxLinesPerLogBatch) flushSoon(0);
      else if (timer === undefined) flushSoon(logBatchDelayMs);
    },
    async end() {
      ended = true;
      clearTimeout(timer);
      const giveUp = new Promise<void>((resolve) => setTimeout(resolve, longestFlushMs).unref());
      await Promise.race([giveUp, flush().then(flush).then(sendEnd)]);
    },
  };

  function flushSoon(delayMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      void flush();
    }, delayMs);
  }

  function flush(): Promise<void> {
    flushing ??= sendAll().finally(() => {
      flushing = null;
      if (buffer.length > 0 && !ended && timer === undefined) flushSoon(logBatchDelayMs);
    });
    return flushing;
  }

  async function sendAll(): Promise<void> {
    while (buffer.length > 0) {
      const batch = nextBatch();
      if (await send({ jobId, attempt, firstLine: batch.firstLine, lines: batch.lines, end: null })) {
        buffer.splice(0, batch.lines.length);
      } else {
        await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
      }
    }
  }

  /** As many lines with consecutive numbers as fit. */
  function nextBatch(): { firstLine: number; lines: LogLine[] } {
    const firstLine = buffer[0]?.n ?? made + 1;
    const lines: LogLine[] = [];
    let characters = 0;
    for (const { n, line } of buffer) {
      characters += line.text.length;
      const fits = lines.length < maxLinesPerLogBatch && characters <= maxBatchCharacters;
      if (n !== firstLine + lines.length || (lines.length > 0 && !fits)) break;
      lines.push(line);
    }
    return { firstLine, lines };
  }

  async function sendEnd(): Promise<void> {
    const marker = { jobId, attempt, firstLine: made + 1, lines: [], end: { lines: made } };
    while (!(await send(marker))) await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
  }
}
