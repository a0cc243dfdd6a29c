import type { RecordedEvent } from '@yardmaster/application';
import { type BuildJobEvent, buildJobDecider, type EventMetadata } from '@yardmaster/domain';
import type { EventView } from '@yardmaster/protocol';
import { aMoment, momentsLater } from '@yardmaster/testing';

export interface RecordingOptions {
  /** Another recording has other hashes, as another store's history of the same events would. */
  readonly recording?: string;
  /** Between one event and the next. */
  readonly stepMs?: number;
}

/** Events as a store records them: one second apart, with the states that the machine came from and to. */
export function recordedHistory(
  events: readonly BuildJobEvent[],
  { recording = 'a', stepMs = 1_000 }: RecordingOptions = {},
): readonly RecordedEvent[] {
  let state = buildJobDecider.initialState();
  return events.map((event, revision) => {
    const from = state.value;
    const evolution = buildJobDecider.evolve(state, event);
    if (!evolution.ok) throw new Error(evolution.drift);
    state = evolution.state;
    const metadata: EventMetadata = {
      eventId: `${recording}-${revision}`,
      stream: 'buildJob-1',
      revision,
      occurredAt: revision === 0 ? aMoment : momentsLater(revision * stepMs),
      actor: { kind: 'system', name: 'test' },
      correlationId: '1',
      causationId: null,
      from,
      to: state.value,
      machineVersion: buildJobDecider.machineVersion,
      schemaVersion: buildJobDecider.schemaVersion(event),
      traceparent: null,
      hash: `${recording}-hash-${revision}`,
    };
    return {
      stream: metadata.stream,
      position: String(revision) as RecordedEvent['position'],
      revision,
      type: event.type,
      data: event.data,
      metadata,
      recordedAt: metadata.occurredAt,
    };
  });
}

/** The same as the API shows them. */
export function eventViews(events: readonly BuildJobEvent[], options?: RecordingOptions): readonly EventView[] {
  return recordedHistory(events, options).map(({ position, revision, type, data, metadata }) =>
    // Through JSON, as everything that a browser gets.
    JSON.parse(JSON.stringify({ position, revision, type, data, metadata })),
  );
}
