import type { z } from 'zod';
import type { Decider } from './decider.ts';
import type { DomainEvent } from './stored-event.ts';

/** Turns an event's data of one schema version into that of the next. Pure. Throws on data that its version never had. */
export type Upcaster = (data: unknown) => unknown;

/**
 * By event type, what leads from version 1 to 2, from 2 to 3, and so on; a type without any is at version 1. Entries are
 * only ever added at the end: whatever was stored once is read through them for ever.
 */
export type Upcasters<Type extends string> = { readonly [EventType in Type]?: readonly Upcaster[] };

/** An upcaster from data that `old` describes. What it returns is checked by the next one, or by the current schema. */
export function upcaster<Old>(old: z.ZodType<Old>, upcast: (data: Old) => unknown): Upcaster {
  return (data) => upcast(old.parse(data));
}

/** The event was recorded by a program that knows more than this one. */
export class NewerSchemaVersion extends Error {
  readonly code = 'newer-schema-version';
  override readonly name = 'NewerSchemaVersion';

  constructor(type: string, version: number, known: number) {
    super(`${type} has schema version ${version}, and this program knows up to ${known}: it is older than the event.`);
  }
}

interface OneEventSchema {
  readonly shape: { readonly type: { readonly value: string } };
}

/** The schema of one event, or of several told apart by `type`. */
type EventSchema<Event> = z.ZodType<Event> & (OneEventSchema | { readonly options: readonly OneEventSchema[] });

/**
 * The part of a decider that reads stored events: `schema` is what they look like today, `upcasters` how older ones get
 * there. A new shape of an event is a new schema and one more upcaster; its version follows from their number.
 */
export function versionedEvents<Event extends DomainEvent>(
  schema: EventSchema<Event>,
  upcasters: Upcasters<Event['type']>,
): Pick<Decider<unknown, unknown, Event>, 'eventTypes' | 'parseEvent' | 'schemaVersion'> {
  const eventTypes: readonly Event['type'][] = ('options' in schema ? schema.options : [schema]).map(
    ({ shape }) => shape.type.value,
  );
  const chains = new Map<string, readonly Upcaster[]>(eventTypes.map((type) => [type, upcasters[type] ?? []]));
  const versionOf = (type: string) => 1 + (chains.get(type)?.length ?? 0);
  return {
    eventTypes,
    schemaVersion: ({ type }) => versionOf(type),
    parseEvent(type, data, schemaVersion) {
      const chain = chains.get(type);
      if (chain === undefined) return schema.parse({ type, data });
      if (!(schemaVersion >= 1)) throw new RangeError(`${type} has schema version ${schemaVersion}; the first is 1.`);
      if (schemaVersion > versionOf(type)) throw new NewerSchemaVersion(type, schemaVersion, versionOf(type));
      const current = chain.slice(schemaVersion - 1).reduce((older, upcast) => upcast(older), data);
      return schema.parse({ type, data: current });
    },
  };
}
