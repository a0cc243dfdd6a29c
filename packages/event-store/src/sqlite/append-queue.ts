import { type AppendResult, EventStoreUnavailable, type ExpectedRevision } from '@yardmaster/application';
import { toPosition } from '../number-position.ts';
import type { PreparedEvent } from '../prepare-append.ts';
import { flattenAppends } from './event-encoding.ts';
import { type AppendChunk, appendOutcome, type BatchReply, noStream } from './thread-messages.ts';

/** A chunk goes to the thread when it has this size, and at the end of the turn of the event loop at the latest. */
const maxChunkAppends = 32;
const maxChunkCharacters = 1_000_000;
/** What may be under way. Beyond it an append is refused at once, and nothing of it is written. */
const maxPendingAppends = 50_000;
const maxPendingCharacters = 256_000_000;

export interface PreparedAppend {
  readonly stream: string;
  readonly expectedRevision: ExpectedRevision;
  readonly events: readonly PreparedEvent[];
}

interface PendingAppend {
  readonly append: PreparedAppend;
  readonly characters: number;
  resolve(result: AppendResult): void;
  reject(error: Error): void;
}

export interface AppendQueueOptions {
  send(chunk: AppendChunk): void;
  /** Called for each batch that was written, before its appends resolve. */
  onWritten(batch: readonly PreparedAppend[], reply: BatchReply): void;
}

export interface AppendQueue {
  /** Resolves when the append is on disk or refused. Throws {@link EventStoreUnavailable}. */
  append(append: PreparedAppend): Promise<AppendResult>;
  /** The thread's answer to the oldest appends under way. */
  settle(reply: BatchReply): void;
  /** Rejects every append under way: their outcome is unknown. */
  fail(error: EventStoreUnavailable): void;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
}

/**
 * The appends under way. They go to the thread in order and in chunks, so that copying is cheap; the thread makes a
 * batch of the chunks of a turn, and answers in the same order. It begins to write while the rest of the turn's appends
 * is still being prepared here, and all of them share one flush to disk.
 */
export function createAppendQueue({ send, onWritten }: AppendQueueOptions): AppendQueue {
  let pending: PendingAppend[] = [];
  let pendingCharacters = 0;
  let chunk: PreparedAppend[] = [];
  let chunkCharacters = 0;
  let isTurnOpen = false;
  let onIdle: (() => void)[] = [];

  const sendChunk = (isLast: boolean) => {
    send({ appends: flattenAppends(chunk), isLast });
    chunk = [];
    chunkCharacters = 0;
  };

  const sendLastAtEndOfTurn = () => {
    if (isTurnOpen) return;
    isTurnOpen = true;
    setImmediate(() => {
      isTurnOpen = false;
      sendChunk(true);
    });
  };

  const tellIdle = () => {
    if (pending.length > 0) return;
    for (const resolve of onIdle) resolve();
    onIdle = [];
  };

  return {
    append(append) {
      const characters = append.events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0);
      if (pending.length >= maxPendingAppends || pendingCharacters + characters > maxPendingCharacters) {
        return Promise.reject(new EventStoreUnavailable('Too many appends are waiting for the disk.'));
      }
      const { promise, resolve, reject } = Promise.withResolvers<AppendResult>();
      pending.push({ append, characters, resolve, reject });
      pendingCharacters += characters;
      chunk.push(append);
      chunkCharacters += characters;
      if (chunk.length >= maxChunkAppends || chunkCharacters >= maxChunkCharacters) sendChunk(false);
      sendLastAtEndOfTurn();
      return promise;
    },
    settle(reply) {
      const batch = pending.splice(0, reply.outcomes.length / 3);
      onWritten(
        batch.map((one) => one.append),
        reply,
      );
      for (const [index, one] of batch.entries()) {
        pendingCharacters -= one.characters;
        settleOne(one, index, reply);
      }
      tellIdle();
    },
    fail(error) {
      const failed = pending;
      [pending, pendingCharacters, chunk, chunkCharacters] = [[], 0, [], 0];
      for (const { reject } of failed) reject(error);
      tellIdle();
    },
    async idle() {
      if (pending.length > 0) await new Promise<void>((resolve) => onIdle.push(resolve));
    },
  };
}

function settleOne({ append, resolve, reject }: PendingAppend, index: number, { outcomes, errors }: BatchReply): void {
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
