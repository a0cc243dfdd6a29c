import { type AppendResult, EventStoreUnavailable, type ExpectedRevision } from '@yardmaster/application';
import { toPosition } from '../number-position.ts';
import type { PreparedEvent } from '../prepare-append.ts';
import { appendOutcome, type BatchReply, noStream } from './thread-messages.ts';

/** One transaction's worth: beyond it the next batch begins. A single append may exceed the characters. */
const maxBatchEvents = 2_048;
const maxBatchCharacters = 8_000_000;
/** What may wait for the disk. Beyond it an append is refused at once, and nothing of it is written. */
const maxQueuedAppends = 50_000;
const maxQueuedCharacters = 256_000_000;

export interface PreparedAppend {
  readonly stream: string;
  readonly expectedRevision: ExpectedRevision;
  readonly events: readonly PreparedEvent[];
}

interface QueuedAppend {
  readonly append: PreparedAppend;
  readonly characters: number;
  resolve(result: AppendResult): void;
  reject(error: Error): void;
}

export interface GroupCommitOptions {
  write(batch: readonly PreparedAppend[]): Promise<BatchReply>;
  /** Called after each batch, before its appends resolve. */
  onWritten(batch: readonly PreparedAppend[], reply: BatchReply): void;
}

export interface GroupCommit {
  /** Resolves when the append is on disk or refused. Throws {@link EventStoreUnavailable}. */
  append(append: PreparedAppend): Promise<AppendResult>;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
}

/**
 * Gathers concurrent appends into batches, so that many share one flush of the disk. One batch is in flight; the next
 * one forms meanwhile. A lone append waits for nothing but the other appends of the same turn of the event loop.
 */
export function createGroupCommit({ write, onWritten }: GroupCommitOptions): GroupCommit {
  const queue: QueuedAppend[] = [];
  let queuedCharacters = 0;
  let isBusy = false;
  let onIdle: (() => void)[] = [];

  const takeBatch = (): QueuedAppend[] => {
    let events = 0;
    let characters = 0;
    const end = queue.findIndex((one, index) => {
      events += one.append.events.length;
      characters += one.characters;
      return index > 0 && (events > maxBatchEvents || characters > maxBatchCharacters);
    });
    const batch = queue.splice(0, end === -1 ? queue.length : end);
    for (const one of batch) queuedCharacters -= one.characters;
    return batch;
  };

  const flush = async (): Promise<void> => {
    const batch = takeBatch();
    const appends = batch.map((one) => one.append);
    let settle: () => void;
    try {
      const reply = await write(appends);
      settle = () => {
        onWritten(appends, reply);
        settleAll(batch, reply);
      };
    } catch (error) {
      settle = () => {
        for (const one of batch) one.reject(error as Error);
      };
    }
    // The next batch goes first: the disk works while the callers of this one go on.
    if (queue.length > 0) void flush();
    else isBusy = false;
    settle();
    if (isBusy) return;
    for (const resolve of onIdle) resolve();
    onIdle = [];
  };

  return {
    append(append) {
      const characters = append.events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0);
      if (queue.length >= maxQueuedAppends || queuedCharacters + characters > maxQueuedCharacters) {
        return Promise.reject(new EventStoreUnavailable('Too many appends are waiting for the disk.'));
      }
      const { promise, resolve, reject } = Promise.withResolvers<AppendResult>();
      queue.push({ append, characters, resolve, reject });
      queuedCharacters += characters;
      if (!isBusy) {
        isBusy = true;
        setImmediate(() => void flush());
      }
      return promise;
    },
    async idle() {
      if (isBusy) await new Promise<void>((resolve) => onIdle.push(resolve));
    },
  };
}

function settleAll(batch: readonly QueuedAppend[], { outcomes, errors }: BatchReply): void {
  for (const [index, { append, resolve, reject }] of batch.entries()) {
    const outcome = outcomes[index * 3];
    const detail = outcomes[index * 3 + 1] ?? 0;
    const position = outcomes[index * 3 + 2] ?? 0;
    if (outcome === appendOutcome.written || outcome === appendOutcome.repeated) {
      resolve({ ok: true, revision: detail, position: toPosition(position) });
    } else if (outcome === appendOutcome.refused) {
      const { stream, expectedRevision } = append;
      const actualRevision = detail === noStream ? 'no_stream' : detail;
      resolve({ ok: false, code: 'wrong-expected-revision', stream, expectedRevision, actualRevision });
    } else {
      reject(new EventStoreUnavailable(`The append could not be stored: ${errors[detail]}.`));
    }
  }
}
