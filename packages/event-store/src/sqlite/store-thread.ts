import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { EventStoreNotOpened, openDatabase, openFailures } from './open-database.ts';
import { createReadPages } from './read-pages.ts';
import type { FromThread, ReplyOf, StoreRequest, StoreThreadData, ToThread } from './thread-messages.ts';
import { createWriteBatch } from './write-batch.ts';

/** How long an open transaction waits for the rest of a turn's appends, which usually takes microseconds. */
const maxChunkWaitMs = 2;

/**
 * The thread that owns a store's database connection: it answers one request after the other, so a read sees every
 * batch whose reply was sent before it. Started by `open-store-thread.ts`.
 */
function serve({ file, chunksSent }: StoreThreadData): void {
  const { database, storeId } = openDatabase(file);
  const writeBatch = createWriteBatch(database);
  const pages = createReadPages(database);

  const answer = (request: StoreRequest): ReplyOf[keyof ReplyOf] => {
    switch (request.type) {
      case 'read-stream':
        return pages.readStream(request.stream, request.fromRevision, request.limit);
      case 'read-all':
        return pages.readAll(request.after, request.limit);
      case 'last-position':
        return pages.lastPosition();
      case 'close':
        database.close();
        return null;
      default:
        return request satisfies never;
    }
  };

  /** A question that came between appends, put off until their batch is written. */
  let putOff: ToThread | undefined;
  let chunksReceived = 0;
  /** The sender counts a chunk just after it has sent it, so the count may lag behind what has been received. */
  const waitForChunk = () => {
    const deadline = performance.now() + maxChunkWaitMs;
    for (;;) {
      const sent = Atomics.load(chunksSent, 0);
      const leftMs = deadline - performance.now();
      if (((sent - chunksReceived) | 0) > 0 || leftMs <= 0) return;
      Atomics.wait(chunksSent, 0, sent, leftMs);
    }
  };
  const receiveNextChunk: Parameters<typeof writeBatch>[1] = ({ isExpected }) => {
    if (isExpected) waitForChunk();
    const next: ToThread | undefined = receiveMessageOnPort(port)?.message;
    if (next?.type !== 'append') {
      putOff = next;
      return undefined;
    }
    chunksReceived = (chunksReceived + 1) | 0;
    return next.chunk;
  };

  const handle = (message: ToThread): void => {
    if (message.type === 'append') {
      chunksReceived = (chunksReceived + 1) | 0;
      // The end of a turn whose appends have all been written already.
      if (message.chunk.appends.length === 0) return;
      post({ type: 'written', reply: writeBatch(message.chunk, receiveNextChunk) });
      return;
    }
    const { id, request } = message;
    try {
      post({ type: 'reply', id, value: answer(request) });
    } catch (error) {
      post({ type: 'error', id, message: error instanceof Error ? error.message : String(error) });
    }
    if (request.type === 'close') port.close();
  };

  port.on('message', (message: ToThread) => {
    handle(message);
    while (putOff !== undefined) {
      const next = putOff;
      putOff = undefined;
      handle(next);
    }
  });
  post({ type: 'opened', storeId, lastPosition: pages.lastPosition() });
}

if (parentPort === null) throw new Error('This file is the entry of a worker thread.');
const port: MessagePort = parentPort;

function post(message: FromThread): void {
  port.postMessage(message);
}

try {
  // What open-store-thread.ts passes.
  serve(workerData as StoreThreadData);
} catch (error) {
  const code = error instanceof EventStoreNotOpened ? error.code : openFailures.other;
  post({ type: 'not-opened', code, message: error instanceof Error ? error.message : String(error) });
  port.close();
}
