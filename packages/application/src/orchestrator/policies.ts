import { BuildJobEvent, type BuildJobEventOf, isTerminal, JobId, WebsiteId } from '@yardmaster/domain';
import type { Actors } from '../actors.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventStore, Position, RecordedEvent } from '../ports/event-store.ts';
import type { Log } from '../ports/log.ts';
import type { Running } from '../ports/messaging.ts';

const envelope = (event: RecordedEvent) => ({
  actor: { kind: 'system', name: 'policies' } as const,
  correlationId: event.metadata.correlationId,
  causationId: event.metadata.eventId,
});

/** Pause before an event that a policy could not react to is tried again. */
const retryAfterMs = 1_000;

export interface PoliciesOptions {
  readonly store: EventStore;
  readonly actors: Actors;
  readonly clock: Clock;
  readonly log: Log;
  /** Seals the log of a job that has ended. May take seconds and is not waited for between events. */
  readonly sealLog: (jobId: JobId) => Promise<void>;
  readonly mark: { read(): Position | null; write(position: Position): void };
}

/**
 * What follows from events in other streams: a published output starts its preview, an unsuccessful end stops it, and an
 * ended build's log is sealed. Each event is reacted to at least once, in order, from a durable mark on; every reaction is
 * a command that has no effect the second time.
 */
export function runPolicies({ store, actors, clock, log, sealLog, mark }: PoliciesOptions): Running {
  const abort = new AbortController();
  const sealing = new Set<Promise<void>>();
  /** Positions whose seals are still being made: the mark stays before the oldest. */
  const unsealed = new Set<Position>();
  let reached = mark.read();
  const finished = run();

  return {
    async stop() {
      abort.abort();
      await finished;
      await Promise.allSettled(sealing);
    },
  };

  async function run(): Promise<void> {
    const after = reached;
    for await (const batch of store.subscribeToAll({ ...(after === null ? {} : { after }), signal: abort.signal })) {
      for (const event of batch) {
        await untilDone(() => react(event), event);
        if (abort.signal.aborted) return;
        reached = event.position;
      }
      writeMark();
    }
  }

  /** The mark covers everything reacted to, short of logs that are still being sealed. */
  function writeMark(): void {
    if (reached !== null && unsealed.size === 0) mark.write(reached);
  }

  async function untilDone(work: () => Promise<void>, event: RecordedEvent): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        return await work();
      } catch (error) {
        log.error({ stream: event.stream, revision: event.revision, error }, 'A policy failed; it is tried again.');
        await pause();
      }
    }
  }

  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.setTimer(retryAfterMs, resolve);
      abort.signal.addEventListener('abort', () => {
        timer.cancel();
        resolve();
      });
    });
  }

  async function react(event: RecordedEvent): Promise<void> {
    const jobId = jobIdOf(event.stream);
    if (jobId === null) return;
    if (event.type === 'OutputPublished') {
      const parsed = BuildJobEvent.parse({ type: event.type, data: event.data });
      await startPreview(jobId, parsed as BuildJobEventOf<'OutputPublished'>, event);
    }
    if (event.type === 'BuildFailed' || event.type === 'BuildCancelled') {
      const reason = event.type === 'BuildFailed' ? 'The build failed.' : 'The build was cancelled.';
      await actors.preview.handle(jobId, { type: 'StopPreview', reason }, envelope(event));
    }
    if (isTerminal(event)) sealInBackground(jobId, event);
  }

  async function startPreview(
    jobId: JobId,
    { data: { artifactId, spa } }: BuildJobEventOf<'OutputPublished'>,
    event: RecordedEvent,
  ): Promise<void> {
    const { request } = (await actors.buildJob.load(jobId, { atLeastRevision: event.revision })).state.context;
    if (request === null) return;
    const { state: website } = await actors.website.load(WebsiteId.parse(request.websiteId));
    if (website.status !== 'active') return;
    await actors.preview.handle(
      jobId,
      {
        type: 'StartPreview',
        websiteId: request.websiteId,
        ownerId: request.userId,
        name: request.previewName,
        slug: website.slug,
        artifactId,
        spa,
        expiresAt: null,
      },
      envelope(event),
    );
  }

  function sealInBackground(jobId: JobId, event: RecordedEvent): void {
    unsealed.add(event.position);
    const sealed = untilDone(() => sealLog(jobId), event).finally(() => {
      sealing.delete(sealed);
      if (!abort.signal.aborted) unsealed.delete(event.position);
      writeMark();
    });
    sealing.add(sealed);
  }
}

function jobIdOf(stream: string): JobId | null {
  const prefix = 'buildJob-';
  return stream.startsWith(prefix) ? JobId.parse(stream.slice(prefix.length)) : null;
}
