import type { Frame } from '../../shared/replay/replay-build.ts';
import { plainWords } from '../../shared/replay/words.ts';
import { describeEvent } from './describe-event.ts';
import { actorOf } from './event-actor.ts';

export interface EventFilter {
  /** Words that must all occur, in any order and case; in what a row says, in the type or in the data. */
  readonly text: string;
  /** An event type, or `all`. */
  readonly type: string;
}

export const everything: EventFilter = { text: '', type: 'all' };

/** The revisions of the events that the filter lets through. */
export function filterEvents(frames: readonly Frame[], { text, type }: EventFilter): readonly number[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return frames
    .filter((frame) => type === 'all' || frame.event.type === type)
    .filter((frame) => words.length === 0 || hasAll(searchText(frame, frames[frame.revision - 1]), words))
    .map(({ revision }) => revision);
}

const hasAll = (text: string, words: readonly string[]): boolean => words.every((word) => text.includes(word));

function searchText({ event, recorded }: Frame, previous: Frame | undefined): string {
  const { title, detail } = describeEvent(event, previous?.snapshot.context ?? null);
  const actor = actorOf(recorded, null).name;
  return [title, detail, event.type, plainWords(event.type), actor, JSON.stringify(event.data)].join(' ').toLowerCase();
}

/** The types that occur, with how often, in the order of their first event. */
export function typesIn(frames: readonly Frame[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { event } of frames) counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
  return counts;
}
