import type { DatabaseSync } from 'node:sqlite';
import {
  type BuildJobEvent,
  buildJobDecider,
  type Decider,
  type DomainEvent,
  type LogEvent,
  logDecider,
  type PreviewEvent,
  previewDecider,
  type UserEvent,
  userDecider,
  type WebsiteEvent,
  websiteDecider,
} from '@yardmaster/domain';
import type { RecordedEvent } from '../ports/event-store.ts';

/**
 * Tables that follow the log. A projection reads events and what it and the projections before it wrote, nothing else:
 * no clock, no settings. So the same events always make the same tables, however they are cut into batches.
 */
export interface Projection {
  readonly name: string;
  /** Creates the tables and indexes. */
  readonly schema: string;
  /**
   * Prepares the statements, once. The function returned applies one event inside the caller's transaction; it throws
   * on an event that makes no sense to it, and the caller then undoes the whole event.
   */
  prepare(db: DatabaseSync): (projected: ProjectedEvent) => void;
}

interface EventOf {
  readonly buildJob: BuildJobEvent;
  readonly website: WebsiteEvent;
  readonly user: UserEvent;
  readonly preview: PreviewEvent;
  readonly log: LogEvent;
}

/** A stored event in its current shape, and the id of the stream it belongs to. */
export type ProjectedEvent = {
  readonly [Category in keyof EventOf]: {
    readonly category: Category;
    readonly id: string;
    readonly event: EventOf[Category];
    readonly recorded: RecordedEvent;
  };
}[keyof EventOf];

type AnyDecider = Pick<Decider<never, never, DomainEvent>, 'parseEvent'>;
const deciders = new Map<string, AnyDecider>(
  [buildJobDecider, websiteDecider, userDecider, previewDecider, logDecider].map((one) => [one.category, one]),
);

/**
 * Validates a stored event and brings it to its current shape; null for categories that no view is made of. Throws on
 * data that no schema accepts.
 */
export function readEvent(recorded: RecordedEvent): ProjectedEvent | null {
  const { category, id } = splitStreamName(recorded.stream);
  const decider = deciders.get(category);
  if (decider === undefined) return null;
  const event = decider.parseEvent(recorded.type, recorded.data, recorded.metadata.schemaVersion);
  // The decider was chosen by the category, so its event is that category's.
  return { category, id, event, recorded } as ProjectedEvent;
}

/** A stream name is `<category>-<id>`; ids may hold hyphens, categories do not. */
export function splitStreamName(stream: string): { readonly category: string; readonly id: string } {
  const hyphen = stream.indexOf('-');
  return hyphen === -1
    ? { category: stream, id: '' }
    : { category: stream.slice(0, hyphen), id: stream.slice(hyphen + 1) };
}
