import { setTimeout as delay } from 'node:timers/promises';
import type { EventStore, Position, RecordedEvent } from '@yardmaster/application';
import { isTerminal } from '@yardmaster/domain';
import { openEventStore } from '@yardmaster/event-store/open';

const PAGE_EVENTS = 500;
const POLL_MS = 250;

/** What the log says so far, read beside the product by this process, whatever runs of the product just now. */
export interface LogTap {
  /** Builds that have an event, and the type of the last. */
  readonly lastTypes: ReadonlyMap<string, string>;
  hasEnded(jobId: string): boolean;
  /** When something new of a build was last seen, by `performance.now()`. */
  lastNewsMs(): number;
  /** Resolves when whatever was recorded before the call is known; rejects when the store cannot be read just now. */
  catchUp(): Promise<void>;
  stop(): Promise<void>;
}

/** Reads the log from its beginning on, again and again; a store that is away just now is asked again later. */
export function tapLog(location: string): LogTap {
  const stopping = new AbortController();
  const lastTypes = new Map<string, string>();
  let newsMs = performance.now();
  let after: Position | undefined;
  let store: EventStore | null = null;
  let reading: Promise<void> = Promise.resolve();

  function take({ stream, type }: RecordedEvent): void {
    const [, jobId] = /^buildJob-(.+)$/.exec(stream) ?? [];
    if (jobId === undefined) return;
    lastTypes.set(jobId, type);
    newsMs = performance.now();
  }

  async function readToTheEnd(): Promise<void> {
    store ??= await openEventStore(location);
    try {
      for (;;) {
        const page = await store.readAll({ limit: PAGE_EVENTS, ...(after !== undefined && { after }) });
        for (const event of page) take(event);
        after = page.at(-1)?.position ?? after;
        if (page.length === 0) return;
      }
    } catch (error) {
      await close();
      throw error;
    }
  }

  async function close(): Promise<void> {
    const open = store;
    store = null;
    await open?.stop();
  }

  /** One after the other, so that no event is taken twice. */
  function readOn(): Promise<void> {
    reading = reading.catch(() => {}).then(readToTheEnd);
    return reading;
  }

  const following = (async () => {
    while (!stopping.signal.aborted) {
      await readOn().catch(() => {}); // not made yet, or its server is away
      await delay(POLL_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();

  return {
    lastTypes,
    hasEnded: (jobId) => isTerminal({ type: lastTypes.get(jobId) ?? '' }),
    lastNewsMs: () => newsMs,
    catchUp: readOn,
    async stop() {
      stopping.abort();
      await following;
      await close();
    },
  };
}
