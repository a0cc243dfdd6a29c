import type { StreamMark } from '@yardmaster/application';

/**
 * Knows up to where every message is settled, while handlers end in any order. Messages of a stream made anew start it
 * afresh: the handlers of the old one no longer count.
 */
export interface MarkTracker {
  /** A message is about to be handled. Returns what to call once it is settled. */
  begin(place: StreamMark): () => void;
  /** The last place before which nothing is open; null before the first. */
  mark(): StreamMark | null;
}

export function createMarkTracker(initial: StreamMark | null): MarkTracker {
  let mark = initial;
  let open: { readonly sequence: number; settled: boolean }[] = [];
  let incarnation = initial?.streamCreated ?? null;

  return {
    begin: (place) => {
      // A sequence that falls shows a stream that lost its tail, or that is read again from its first message.
      const lastBegun =
        open.at(-1)?.sequence ?? (mark?.streamCreated === incarnation ? mark?.sequence : undefined) ?? 0;
      if (place.streamCreated !== incarnation || place.sequence <= lastBegun) {
        incarnation = place.streamCreated;
        open = [];
      }
      const entry = { sequence: place.sequence, settled: false };
      const begun = open;
      begun.push(entry);
      return () => {
        entry.settled = true;
        if (begun !== open) return;
        while (open[0]?.settled) mark = { streamCreated: place.streamCreated, sequence: open.shift()?.sequence ?? 0 };
      };
    },
    mark: () => mark,
  };
}
