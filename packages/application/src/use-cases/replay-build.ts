import { type BuildJobSnapshot, buildJobDecider, type JobId } from '@yardmaster/domain';
import type { EventStore, RecordedEvent } from '../ports/event-store.ts';
import { replayEvents } from '../replay-stream.ts';

/** The recorded history of a build, oldest first; empty when there is no such build. */
export async function buildHistory(store: EventStore, jobId: JobId): Promise<readonly RecordedEvent[]> {
  return await store.readStream(`buildJob-${jobId}`);
}

/**
 * The build as it was after a revision (the last one by default), computed from nothing but its events. Null when it has
 * no such revision. Throws `StreamDrift` where the machine of today does not reproduce what was recorded.
 */
export async function replayBuild(
  store: EventStore,
  jobId: JobId,
  revision: number | 'latest',
): Promise<{ readonly revision: number; readonly state: BuildJobSnapshot } | null> {
  const limit = revision === 'latest' ? {} : { limit: revision + 1 };
  const events = await store.readStream(`buildJob-${jobId}`, limit);
  const last = events.at(-1);
  if (last === undefined || (revision !== 'latest' && last.revision !== revision)) return null;
  return { revision: last.revision, state: replayEvents(buildJobDecider, buildJobDecider.initialState(), events) };
}
