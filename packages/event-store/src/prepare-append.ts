import {
  type ExpectedRevision,
  InvalidAppend,
  maxAppendBytes,
  maxEventBytes,
  maxEventsPerAppend,
  type NewEvent,
} from '@yardmaster/application';

/** An event in the form in which it is stored: two JSON texts and what an index or a comparison needs beside them. */
export interface PreparedEvent {
  /** In small letters, however it was given: capitals do not make a UUID another one. */
  readonly eventId: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** Deeper data is a mistake or a cycle: stored events are flat. */
export const maxDataDepth = 64;

const maxTypeLength = 128;
const maxBytesPerCodeUnit = 3;
const streamName = /^[A-Za-z][A-Za-z0-9]{0,63}(-[A-Za-z0-9_-]{1,64})?$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** `<category>-<id>`, or a category alone for the streams of which there is one (`queue`). */
export const isStreamName = (name: string): boolean => streamName.test(name);

/**
 * Checks an append and turns its events into what is stored, once, before any store is touched.
 * Throws {@link InvalidAppend} for what no store may accept: data is refused unless reading it back gives the same
 * value (NaN, functions, dates and cycles are; a property that is undefined counts as absent).
 */
export function prepareAppend(
  stream: string,
  expectedRevision: ExpectedRevision,
  events: readonly NewEvent[],
): readonly PreparedEvent[] {
  if (!isStreamName(stream)) throw new InvalidAppend(`"${stream}" is no stream name.`);
  if (expectedRevision !== 'no_stream' && !(Number.isSafeInteger(expectedRevision) && expectedRevision >= 0)) {
    throw new InvalidAppend(`${expectedRevision} is no revision.`);
  }
  if (events.length === 0) throw new InvalidAppend('An append needs at least one event.');
  if (events.length > maxEventsPerAppend) {
    throw new InvalidAppend(`${events.length} events in one append; at most ${maxEventsPerAppend} are possible.`);
  }
  const prepared = events.map(prepareEvent);
  if (events.length > 1 && new Set(prepared.map((event) => event.eventId)).size < events.length) {
    throw new InvalidAppend('Two events of one append have the same id.');
  }
  assertFits(prepared);
  return prepared;
}

/** Counting bytes is needed only where the number of characters leaves it open. */
function assertFits(events: readonly PreparedEvent[]): void {
  const characters = sum(events, ({ type, data, metadata }) => type.length + data.length + metadata.length);
  if (characters * maxBytesPerCodeUnit <= maxAppendBytes) return;
  const bytes = sum(events, ({ type, data, metadata }) => 2 * type.length + bytesOf(data) + bytesOf(metadata));
  if (bytes > maxAppendBytes) {
    throw new InvalidAppend(`An append of ${bytes} bytes; at most ${maxAppendBytes} are possible.`);
  }
}

const bytesOf = (text: string): number => Buffer.byteLength(text);

const sum = <T>(items: readonly T[], sizeOf: (item: T) => number): number =>
  items.reduce((total, item) => total + sizeOf(item), 0);

function prepareEvent(event: NewEvent): PreparedEvent {
  const { eventId } = event.metadata;
  if (!uuid.test(eventId)) throw new InvalidAppend(`The event id "${eventId}" is no UUID.`);
  if (event.type.length === 0 || event.type.length > maxTypeLength) {
    throw new InvalidAppend(`An event type has 1 to ${maxTypeLength} characters.`);
  }
  assertStorable(event.data, 'data', 0);
  assertStorable(event.metadata, 'metadata', 0);
  const data = JSON.stringify(event.data);
  const metadata = JSON.stringify(event.metadata);
  if ((data.length + metadata.length) * maxBytesPerCodeUnit > maxEventBytes) {
    const bytes = bytesOf(data) + bytesOf(metadata);
    if (bytes > maxEventBytes) {
      throw new InvalidAppend(`Event ${eventId} has ${bytes} bytes; at most ${maxEventBytes} are possible.`);
    }
  }
  return { eventId: eventId.toLowerCase(), type: event.type, data, metadata };
}

function assertStorable(value: unknown, path: string, depth: number): void {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (typeof value !== 'object') throw new InvalidAppend(`${path} is ${String(value)}, which JSON cannot hold.`);
  if (depth === maxDataDepth) throw new InvalidAppend(`${path} is nested deeper than ${maxDataDepth} levels.`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) assertStorable(value[index], path, depth + 1);
    return;
  }
  if (!isPlainObject(value)) throw new InvalidAppend(`${path} holds an object that is not plain data.`);
  for (const key in value) {
    const property = value[key];
    if (property !== undefined) assertStorable(property, key, depth + 1);
  }
}

/** True for object literals of any realm: test runners and worker threads have prototypes of their own. */
function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return !('toJSON' in value);
  return typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null && !('toJSON' in value);
}
