import { Worker } from 'node:worker_threads';
import type { Running } from '@yardmaster/application';
import type { ArchiveLimits } from '@yardmaster/build-runner';
import type { ArchiveInspection } from '@yardmaster/build-runner/inspect-archive';

export type InspectionRequest =
  | { readonly type: 'inspect'; readonly id: number; readonly file: string; readonly limits: ArchiveLimits }
  | { readonly type: 'abort'; readonly id: number };
export type InspectionReply =
  | { readonly id: number; readonly inspection: ArchiveInspection }
  | { readonly id: number; readonly error: unknown };

/** Far above what the largest archive allowed needs; a small nursery frees the buffers of an inspection sooner. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 4 };

/** Inspects uploaded archives away from the event loop, which an archive of gigabytes would keep busy for seconds. */
export interface Inspector extends Running {
  /** Starts the thread when there is none, so that it is there by the time that an upload has arrived. */
  prepare(): void;
  /** Throws when this machine fails, when the signal aborts, and when the thread ends. */
  inspect(request: {
    readonly file: string;
    readonly limits: ArchiveLimits;
    readonly signal: AbortSignal;
  }): Promise<ArchiveInspection>;
}

/**
 * The thread starts while the first upload arrives and stays: a server that nobody uploads to does without its fifteen
 * megabytes. After one has failed the next upload starts another.
 */
export function createInspector(): Inspector {
  const waiting = new Map<number, PromiseWithResolvers<ArchiveInspection>>();
  let nextId = 1;
  let thread: Worker | null = null;

  function prepare(): void {
    thread ??= start();
  }

  function start(): Worker {
    const worker = new Worker(new URL('./inspection-thread.ts', import.meta.url), {
      name: 'inspection',
      resourceLimits,
    });
    worker.on('message', (reply: InspectionReply) => {
      const asked = waiting.get(reply.id);
      if ('inspection' in reply) asked?.resolve(reply.inspection);
      else asked?.reject(reply.error);
    });
    worker.on('error', fail);
    worker.on('exit', () => {
      thread = null;
      fail(new Error('The inspection thread ended.'));
    });
    worker.unref();
    return worker;
  }

  function fail(error: unknown): void {
    for (const asked of waiting.values()) asked.reject(error);
  }

  return {
    prepare,
    async inspect({ file, limits, signal }) {
      signal.throwIfAborted();
      thread ??= start();
      const worker = thread;
      const id = nextId++;
      const asked = Promise.withResolvers<ArchiveInspection>();
      const abort = () => worker.postMessage({ type: 'abort', id } satisfies InspectionRequest);
      waiting.set(id, asked);
      signal.addEventListener('abort', abort, { once: true });
      try {
        worker.postMessage({ type: 'inspect', id, file, limits } satisfies InspectionRequest);
        return await asked.promise;
      } finally {
        waiting.delete(id);
        signal.removeEventListener('abort', abort);
      }
    },
    async stop() {
      await thread?.terminate();
    },
  };
}
