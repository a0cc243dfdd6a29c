import { randomUUID } from 'node:crypto';
import type { NewEvent } from '@yardmaster/application';

/** A build has about so many events; then its caller goes on with a new stream. */
const eventsPerStream = 20;

/** An append of one event, and where its stream is then. */
export interface Planned {
  readonly stream: string;
  readonly revision: number;
  readonly event: NewEvent;
}

/** What each caller appends, one after the other. */
export type Callers = readonly (readonly Planned[])[];

export function planCallers({
  callers,
  appendsPerCaller,
}: {
  readonly callers: number;
  readonly appendsPerCaller: number;
}): Callers {
  return Array.from({ length: callers }, () => planCaller(appendsPerCaller));
}

function planCaller(appends: number): Planned[] {
  let stream = '';
  return Array.from({ length: appends }, (_, index) => {
    const revision = index % eventsPerStream;
    if (revision === 0) stream = `buildJob-${randomUUID()}`;
    return { stream, revision, event: newEvent(stream, revision) };
  });
}

export function newEvent(stream: string, revision: number): NewEvent {
  const eventId = randomUUID();
  return {
    type: 'StepStarted',
    data: { step: 'installing', attempt: 1, progress: 30, text: 'Installing dependencies…', startedAt: Date.now() },
    metadata: {
      eventId,
      stream,
      revision,
      occurredAt: '2026-01-02T03:04:05.678Z',
      actor: { kind: 'system', name: 'bench' },
      correlationId: eventId,
      causationId: null,
      from: 'queued',
      to: { building: 'installing' },
      machineVersion: 1,
      schemaVersion: 1,
      traceparent: null,
      hash: 'a'.repeat(64),
    },
  };
}

/** Each caller sends its next append when the one before is on disk. */
export async function appendsPerSecond(callers: Callers, append: (planned: Planned) => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await Promise.all(
    callers.map(async (planned) => {
      for (const one of planned) await append(one);
    }),
  );
  return (callers.flat().length * 1_000) / (performance.now() - startMs);
}
