import { parentPort, workerData } from 'node:worker_threads';
import { EventStoreNotOpened, openDatabase, openFailures } from './open-database.ts';
import { createReadPages } from './read-pages.ts';
import type { NumberedRequest, ReplyOf, StoreRequest, ThreadMessage } from './thread-messages.ts';
import { createWriteBatch } from './write-batch.ts';

/**
 * The thread that owns a store's database connection: it answers one request after the other, so a read sees every
 * batch whose reply was sent before it. Started by `open-store-thread.ts` with the file's name as its data.
 */
function serve(file: string): void {
  const { database, storeId } = openDatabase(file);
  const writeBatch = createWriteBatch(database);
  const pages = createReadPages(database);

  const answer = (request: StoreRequest): ReplyOf[keyof ReplyOf] => {
    switch (request.type) {
      case 'append':
        return writeBatch(request.appends);
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

  parentPort?.on('message', ({ id, request }: NumberedRequest) => {
    try {
      post({ type: 'reply', id, value: answer(request) });
    } catch (error) {
      post({ type: 'error', id, message: error instanceof Error ? error.message : String(error) });
    }
    if (request.type === 'close') parentPort?.close();
  });
  post({ type: 'opened', storeId, lastPosition: pages.lastPosition() });
}

function post(message: ThreadMessage): void {
  parentPort?.postMessage(message);
}

try {
  // The one who starts this thread passes the file's name: see open-store-thread.ts.
  serve(workerData as string);
} catch (error) {
  const code = error instanceof EventStoreNotOpened ? error.code : openFailures.other;
  post({ type: 'not-opened', code, message: error instanceof Error ? error.message : String(error) });
  parentPort?.close();
}
