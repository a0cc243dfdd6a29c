import { z } from 'zod';
import type { EventStore, Position } from '../ports/event-store.ts';
import type { LeaderLease } from '../ports/messaging.ts';
import type { ReadModels } from '../projections/read-models.ts';

const markNames = ['reports', 'policies'] as const;
export type MarkName = (typeof markNames)[number];

/** How far the orchestrator has come with what it reads, so that its successor goes on from there. */
export interface Marks {
  read(name: MarkName): string | null;
  write(name: MarkName, value: string): void;
}

export const StreamMarkText = z.preprocess(
  (text) => {
    try {
      return JSON.parse(String(text));
    } catch {
      return null;
    }
  },
  z.object({ streamCreated: z.string(), sequence: z.int() }),
);

/** A mark means something in the store only that it was made in. */
const HandedOn = z.object({ storeId: z.string(), mark: z.string() });

/**
 * Marks that travel with the leader lease as well: a leader goes on from the further one of its own and the one that was
 * handed on. Where they cannot be compared its own counts; what is read twice has no effect the second time.
 */
export function createHandedOnMarks({
  lease,
  readModels,
  store,
}: {
  readonly lease: Pick<LeaderLease, 'note' | 'noted'>;
  readonly readModels: Pick<ReadModels, 'mark' | 'setMark' | 'position'>;
  readonly store: Pick<EventStore, 'storeId' | 'comparePositions'>;
}): Marks & {
  /** Makes what was handed on this server's own, so that little is lost when the lease is forgotten. */
  keep(): void;
} {
  const isFurther: Readonly<Record<MarkName, (handedOn: string, own: string | null) => boolean>> = {
    reports(handedOn, own) {
      const there = StreamMarkText.safeParse(handedOn);
      const here = StreamMarkText.safeParse(own);
      if (!there.success || !here.success) return there.success;
      return there.data.streamCreated !== here.data.streamCreated || there.data.sequence > here.data.sequence;
    },
    policies(handedOn, own) {
      const isBefore = (a: string, b: string) => store.comparePositions(a as Position, b as Position) < 0;
      const end = readModels.position();
      // What lies beyond the log as we know it is of a history that is no more.
      return end !== null && !isBefore(end, handedOn) && (own === null || isBefore(own, handedOn));
    },
  };

  function read(name: MarkName): string | null {
    const own = readModels.mark(name);
    try {
      const { storeId, mark } = HandedOn.parse(JSON.parse(lease.noted(name) ?? ''));
      return storeId === store.storeId && isFurther[name](mark, own) ? mark : own;
    } catch {
      return own; // nothing was handed on, or nothing that can be compared
    }
  }

  return {
    read,
    write(name, mark) {
      readModels.setMark(name, mark);
      lease.note(name, JSON.stringify({ storeId: store.storeId, mark }));
    },
    keep() {
      for (const name of markNames) {
        const mark = read(name);
        if (mark !== null && mark !== readModels.mark(name)) readModels.setMark(name, mark);
      }
    },
  };
}
