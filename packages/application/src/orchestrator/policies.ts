import { type BuildJobEventOf, buildJobDecider, isTerminal, JobId, statusOf, WebsiteId } from '@yardmaster/domain';
import { z } from 'zod';
import type { Actors } from '../actors.ts';
import { type Clock, pause } from '../ports/clock.ts';
import type { EventStore, Position, RecordedEvent } from '../ports/event-store.ts';
import type { Log } from '../ports/log.ts';
import type { Running } from '../ports/messaging.ts';
import { StreamDrift } from '../replay-stream.ts';
import type { StoreWatch } from '../watch-store.ts';

const envelope = (event: RecordedEvent) => ({
  actor: { kind: 'system', name: 'policies' } as const,
  correlationId: event.metadata.correlationId,
  causationId: event.metadata.eventId,
});

/** Pauses before an event that a policy could not react to is tried again; they double from the first to the second. */
const firstRetryMs = 500;
const longestRetryMs = 30_000;
/** Logs that are sealed at one time; events wait beyond that. */
export const maxSealsAtOnce = 64;

export interface PoliciesOptions {
  readonly store: EventStore;
  readonly actors: Actors;
  readonly storeWatch: StoreWatch;
  readonly clock: Clock;
  readonly log: Log;
  /** Seals the log of a job that has ended. May take seconds and is not waited for between events. */
  readonly sealLog: (jobId: JobId, signal: AbortSignal) => Promise<void>;
  readonly mark: { read(): Position | null; write(position: Position): void };
}

/**
 * What follows from events in other streams: a published output starts its preview, an unsuccessful end stops it, and an
 * ended build's log is sealed. Each event is reacted to at least once, in order, from a durable mark on; every reaction is
 * a command that has no effect the second time. What fails is tried again until it succeeds, but for a stream that has
 * drifted or is damaged, or an event that this program is too old for: that is said in the log and passed over, since no
 * try will ever go better.
 */
export function runPolicies({ store, actors, storeWatch, clock, log, sealLog, mark }: PoliciesOptions): Running {
  const abort = new AbortController();
  const sealing = new Set<Promise<void>>();
  /** Positions whose seals are still being made, oldest first, each with the position before it. */
  const unsealed = new Map<Position, Position | null>();
  let reached = mark.read();
  const finished = run();

  return {
    async stop() {
      abort.abort();
      await finished;
      await Promise.all(sealing);
    },
  };

  /** A subscription that breaks or ends by itself is begun again where it was. */
  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      try {
        await storeWatch.outlast(follow, abort.signal);
      } catch (error) {
        if (abort.signal.aborted) return;
        log.error({ error }, 'The policies cannot follow the event store; they try again.');
      }
      await pause(clock, firstRetryMs, abort.signal);
    }
  }

  async function follow(): Promise<void> {
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

  /** The mark covers everything reacted to, short of the oldest log that is still being sealed. */
  function writeMark(): void {
    const [beforeOldest] = unsealed.values();
    const position = unsealed.size === 0 ? reached : (beforeOldest ?? null);
    if (position === null) return;
    try {
      mark.write(position);
    } catch (error) {
      log.error({ error }, 'The mark of the policies could not be written; the next one covers it.');
    }
  }

  async function untilDone(work: () => Promise<void>, event: RecordedEvent): Promise<void> {
    for (let pauseMs = firstRetryMs; !abort.signal.aborted; pauseMs = Math.min(pauseMs * 2, longestRetryMs)) {
      try {
        return await storeWatch.outlast(work, abort.signal);
      } catch (error) {
        if (abort.signal.aborted) return;
        const { stream, revision } = event;
        if (error instanceof StreamDrift || error instanceof z.ZodError) {
          log.error({ stream, revision, error }, 'No policy can react to an event; it is passed over.');
          return;
        }
        log.error({ stream, revision, error }, 'A policy failed; it is tried again.');
        await pause(clock, pauseMs, abort.signal);
      }
    }
  }

  async function react(event: RecordedEvent): Promise<void> {
    const jobId = jobIdOf(event.stream);
    if (jobId === null) return;
    if (event.type === 'OutputPublished') {
      await startPreview(jobId, outputOf(event), event);
    }
    if (event.type === 'BuildFailed' || event.type === 'BuildCancelled') {
      const reason = event.type === 'BuildFailed' ? 'The build failed.' : 'The build was cancelled.';
      await actors.preview.handle(jobId, { type: 'StopPreview', reason }, envelope(event));
    }
    if (isTerminal(event)) {
      while (sealing.size >= maxSealsAtOnce) await Promise.race(sealing);
      sealInBackground(jobId, event);
    }
  }

  async function startPreview(
    jobId: JobId,
    { data: { artifactId, spa } }: BuildJobEventOf<'OutputPublished'>,
    event: RecordedEvent,
  ): Promise<void> {
    const { state } = await actors.buildJob.load(jobId);
    const { request, outputArtifactId } = state.context;
    const status = statusOf(state.value);
    if (request === null || status === 'failed' || status === 'cancelled') return;
    // An output of an attempt that is over by now.
    if (outputArtifactId !== artifactId) return;
    // Started before: a preview that somebody has stopped since stays so.
    if ((await actors.preview.load(jobId)).state.context.artifactId === artifactId) return;
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
    unsealed.set(event.position, reached);
    const sealed = untilDone(() => sealLog(jobId, abort.signal), event).then(() => {
      sealing.delete(sealed);
      if (!abort.signal.aborted) unsealed.delete(event.position);
      writeMark();
    });
    sealing.add(sealed);
  }
}

/** As the model of today has it, whichever version recorded it. What cannot be read has drifted. */
function outputOf({ stream, revision, type, data, metadata }: RecordedEvent): BuildJobEventOf<'OutputPublished'> {
  try {
    return buildJobDecider.parseEvent(type, data, metadata.schemaVersion) as BuildJobEventOf<'OutputPublished'>;
  } catch (cause) {
    throw new StreamDrift(stream, revision, `${type} cannot be read.`, { cause });
  }
}

function jobIdOf(stream: string): JobId | null {
  const prefix = 'buildJob-';
  return stream.startsWith(prefix) ? JobId.parse(stream.slice(prefix.length)) : null;
}
