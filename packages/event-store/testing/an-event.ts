import { createHash, randomUUID } from 'node:crypto';
import type { NewEvent, RecordedEvent } from '@yardmaster/application';
import type { EventMetadata } from '@yardmaster/domain';

export interface AnEventOptions {
  readonly type?: string;
  readonly data?: unknown;
  readonly metadata?: Partial<EventMetadata>;
}

/** A valid event to append, with a new id; say only what the test is about. */
export function anEvent({ type = 'ThingHappened', data = { thing: 1 }, metadata = {} }: AnEventOptions = {}): NewEvent {
  const eventId = metadata.eventId ?? randomUUID();
  return {
    type,
    data,
    metadata: {
      eventId,
      stream: 'thing-1',
      revision: 0,
      occurredAt: '2026-01-02T03:04:05.678Z',
      actor: { kind: 'system', name: 'test' },
      correlationId: eventId,
      causationId: null,
      from: 'pending',
      to: { building: 'installing' },
      machineVersion: 1,
      schemaVersion: 1,
      traceparent: null,
      hash: createHash('sha256').update(eventId).digest('hex'),
      ...metadata,
    },
  };
}

export const someEvents = (count: number): NewEvent[] => Array.from({ length: count }, () => anEvent());

/** The name of a stream that no other test uses, also when the store outlives the test run. */
export const aStream = (category = 'buildJob'): string => `${category}-${randomUUID()}`;

export const idsOf = (events: readonly (NewEvent | RecordedEvent)[]): string[] =>
  events.map((event) => event.metadata.eventId);
