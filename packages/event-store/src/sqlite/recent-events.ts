import type { EventBatch } from '@yardmaster/application';

/** What is kept for subscribers that are up to date; whoever is further behind reads pages from the store. */
export const maxRecentEvents = 4_096;
const maxRecentCharacters = 8_000_000;

export interface RecentBatch {
  readonly events: EventBatch;
  /** The position before its first event; its events follow densely. */
  readonly after: number;
  readonly characters: number;
}

export interface RecentEvents {
  /** The last position that is known to be committed. */
  readonly lastPosition: number;
  add(batch: RecentBatch): void;
  /** Something was written that is not at hand: what is kept no longer reaches up to the end, so it is dropped. */
  skipTo(position: number): void;
  /**
   * The events after `position`: some of them, none if there are none yet, and undefined if they must be read from the
   * store. A whole batch is handed out as it is, so that a hundred subscribers share one array.
   */
  after(position: number): EventBatch | undefined;
}

/** The end of the store in memory, bounded in events and characters. */
export function createRecentEvents(initialPosition: number): RecentEvents {
  let batches: RecentBatch[] = [];
  let lastPosition = initialPosition;
  let events = 0;
  let characters = 0;

  const dropOldest = () => {
    const oldest = batches.shift();
    events -= oldest?.events.length ?? 0;
    characters -= oldest?.characters ?? 0;
  };

  return {
    get lastPosition() {
      return lastPosition;
    },
    add(batch) {
      if (batch.after !== lastPosition) throw new Error(`A batch after ${batch.after} cannot follow ${lastPosition}.`);
      batches.push(batch);
      lastPosition += batch.events.length;
      events += batch.events.length;
      characters += batch.characters;
      while (batches.length > 1 && (events > maxRecentEvents || characters > maxRecentCharacters)) dropOldest();
    },
    skipTo(position) {
      if (position <= lastPosition) return;
      lastPosition = position;
      batches = [];
      events = 0;
      characters = 0;
    },
    after(position) {
      if (position >= lastPosition) return [];
      const batch = batches.findLast((one) => one.after <= position);
      if (batch === undefined) return undefined;
      return position === batch.after ? batch.events : batch.events.slice(position - batch.after);
    },
  };
}
