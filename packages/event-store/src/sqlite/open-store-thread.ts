import { Worker } from 'node:worker_threads';
import { EventStoreUnavailable } from '@yardmaster/application';
import { EventStoreNotOpened, type OpenFailure } from './open-database.ts';
import type {
  AppendChunk,
  BatchReply,
  FromThread,
  ReplyOf,
  StoreRequest,
  StoreThreadData,
  ToThread,
} from './thread-messages.ts';

/** The database thread as the main thread sees it. */
export interface StoreThread {
  readonly storeId: string;
  /** When the thread opened the file. */
  readonly lastPosition: number;
  /** Settles when the thread has ended, with the reason when that was not asked for. */
  readonly ended: Promise<EventStoreUnavailable | undefined>;
  /** Sends appends; {@link onWritten} gets the answers, in order. */
  append(chunk: AppendChunk): void;
  onWritten(listener: (reply: BatchReply) => void): void;
  /** Throws {@link EventStoreUnavailable} when the thread reports an error, has ended, or ends before it answers. */
  ask<Request extends StoreRequest>(request: Request): Promise<ReplyOf[Request['type']]>;
  /** Answers what was asked, closes the file and ends the thread. Idempotent. */
  close(): Promise<void>;
  /** Ends the thread at once, as a crash would. */
  kill(): Promise<void>;
}

interface Waiting {
  resolve(value: never): void;
  reject(error: Error): void;
}

/** Starts the thread and opens the file in it. Throws {@link EventStoreNotOpened}. */
export async function openStoreThread(file: string): Promise<StoreThread> {
  const chunksSent = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(new URL('./store-thread.ts', import.meta.url), {
    workerData: { file, chunksSent } satisfies StoreThreadData,
    name: 'event-store',
    env: compileCacheOnly(),
  });
  const waiting = new Map<number, Waiting>();
  const opened = Promise.withResolvers<{ storeId: string; lastPosition: number }>();
  const ended = Promise.withResolvers<EventStoreUnavailable | undefined>();
  let nextId = 0;
  let tellWritten: ((reply: BatchReply) => void) | undefined;
  let closing: Promise<void> | undefined;
  let endedBy: EventStoreUnavailable | undefined;
  let cause: unknown;

  worker.on('message', (message: FromThread) => {
    switch (message.type) {
      case 'opened':
        return opened.resolve(message);
      case 'not-opened':
        // The thread only ever sends codes of OpenFailure.
        return opened.reject(new EventStoreNotOpened(message.code as OpenFailure, message.message));
      case 'written':
        return tellWritten?.(message.reply);
      case 'reply':
        waiting.get(message.id)?.resolve(message.value as never);
        return waiting.delete(message.id);
      case 'error':
        waiting.get(message.id)?.reject(new EventStoreUnavailable(`The event store failed: ${message.message}.`));
        return waiting.delete(message.id);
      default:
        return message satisfies never;
    }
  });
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('exit', () => {
    endedBy = new EventStoreUnavailable('The thread of the event store has ended.', { cause });
    opened.reject(endedBy);
    for (const { reject } of waiting.values()) reject(endedBy);
    waiting.clear();
    ended.resolve(closing === undefined ? endedBy : undefined);
  });

  const send = (message: ToThread) => worker.postMessage(message);
  const ask: StoreThread['ask'] = (request) => {
    if (endedBy !== undefined) return Promise.reject(endedBy);
    const { promise, resolve, reject } = Promise.withResolvers<never>();
    const id = nextId++;
    waiting.set(id, { resolve, reject });
    send({ type: 'ask', id, request });
    return promise;
  };

  const { storeId, lastPosition } = await opened.promise;
  return {
    storeId,
    lastPosition,
    ended: ended.promise,
    append(chunk) {
      send({ type: 'append', chunk });
      Atomics.add(chunksSent, 0, 1);
      Atomics.notify(chunksSent, 0);
    },
    onWritten(listener) {
      tellWritten = listener;
    },
    ask,
    close() {
      closing ??= (endedBy === undefined ? ask({ type: 'close' }) : Promise.resolve())
        .catch((error: unknown) => {
          // A thread that is gone has nothing left to close: that is what was asked for.
          if (endedBy === undefined) throw error;
        })
        .then(async () => {
          await ended.promise;
        });
      return closing;
    },
    async kill() {
      await worker.terminate();
    },
  };
}

/**
 * Of the environment the thread gets no more than where compiled modules are kept: without it, it would bring a TypeScript
 * stripper of 24 MB into memory at each start.
 */
function compileCacheOnly(): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE } = process.env;
  return NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };
}
