import type { EventStore, Position, RecordedEvent } from '@yardmaster/application';

/** A store opened for one test, and what the test may do to it. */
export interface OpenedEventStore {
  readonly store: EventStore;
  /** Stops every instance that was opened, and removes the data where it can. */
  close(): Promise<void>;
  /** Ends the instance (by killing it, where that is possible) and opens another one on the same data. */
  reopen(): Promise<EventStore>;
  /** Opens another instance on the same data beside the first. */
  second(): Promise<EventStore>;
}

export interface ContractCase {
  /** What must hold, as a sentence about the store. */
  readonly name: string;
  run(opened: OpenedEventStore): Promise<void>;
}

/** Subscribes or reads from a position that may be null (an empty store). */
export const after = (position: Position | null): { readonly after?: Position } =>
  position === null ? {} : { after: position };

/** Reads a subscription until `isDone` says that the events collected are enough; then ends it. */
export async function collect(
  subscription: AsyncIterable<readonly RecordedEvent[]>,
  isDone: (events: readonly RecordedEvent[]) => boolean,
): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const batch of subscription) {
    events.push(...batch);
    if (isDone(events)) break;
  }
  return events;
}

/** Everything after a position, in pages of an odd size. */
export async function readEverything(store: EventStore, from: Position | null): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (let position = from; ; ) {
    const page = await store.readAll({ ...after(position), limit: 333 });
    events.push(...page);
    const last = page.at(-1);
    if (last === undefined) return events;
    position = last.position;
  }
}
