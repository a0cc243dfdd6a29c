import type { EventStore, RecordedEvent } from '@yardmaster/application';
import { binaryType, jsonType, storedStreamOf, toWireEvent, type WireEvent } from './stored-form.ts';
import type { EventEntry, LogEntry, SystemEntry } from './wire-log.ts';

/** What is kept at hand for subscribers that are up to date; the rest is read from the store. */
const maxRecentEvents = 512;

export interface LogContent {
  /** What travels for these entries, which are in order. With a stream they are all of it, otherwise of the whole log. */
  load(entries: readonly LogEntry[], stream?: string): Promise<readonly WireEvent[]>;
}

export interface LogContentOptions {
  readonly store: EventStore;
  readonly events: readonly EventEntry[];
}

/** The content of a log: the newest events from memory, encoded when they are sent, all others from the store. */
export function createLogContent({ store, events }: LogContentOptions) {
  const recent = new Map<number, RecordedEvent>();

  const read = async (first: EventEntry, last: EventEntry, stream: string | undefined) => {
    if (stream !== undefined) {
      const limit = last.revision - first.revision + 1;
      const stored = await store.readStream(storedStreamOf(stream), { fromRevision: first.revision, limit });
      return (entry: EventEntry) => stored[entry.revision - first.revision];
    }
    const after = events[first.ordinal - 1]?.storePosition;
    const limit = last.ordinal - first.ordinal + 1;
    const stored = await store.readAll({ ...(after !== undefined && { after }), limit });
    return (entry: EventEntry) => stored[entry.ordinal - first.ordinal];
  };

  return {
    remember({ ordinal }: EventEntry, event: RecordedEvent): void {
      recent.set(ordinal, event);
      recent.delete(ordinal - maxRecentEvents);
    },
    async load(entries: readonly LogEntry[], stream?: string): Promise<readonly WireEvent[]> {
      const wanted = entries.filter((entry) => entry.kind === 'event');
      const [first, last] = [wanted[0], wanted.at(-1)];
      const isAtHand = wanted.every(({ ordinal }) => recent.has(ordinal));
      const find =
        first === undefined || last === undefined || isAtHand
          ? ({ ordinal }: EventEntry) => recent.get(ordinal)
          : await read(first, last, stream);
      return entries.map((entry) => {
        if (entry.kind === 'system') return systemEvent(entry);
        const event = find(entry);
        if (event === undefined) throw new Error(`The store has lost event ${entry.revision} of ${entry.stream}.`);
        return toWireEvent(event);
      });
    },
  };
}

/** Its id comes from its position, so that it is the same whenever the log is made again. */
const systemEvent = ({ type, position, target }: SystemEntry): WireEvent => ({
  id: `00000000-0000-4000-8000-${position.toString(16).padStart(12, '0')}`,
  type,
  contentType: target === undefined ? jsonType : binaryType,
  data: Buffer.from(target === undefined ? '{}' : `${target.revision}@${target.stream}`),
  customMetadata: new Uint8Array(),
});
