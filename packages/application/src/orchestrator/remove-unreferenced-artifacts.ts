import type { ArtifactId } from '@yardmaster/domain';
import type { Clock } from '../ports/clock.ts';
import type { EventStore } from '../ports/event-store.ts';
import type { Log } from '../ports/log.ts';
import type { ArtifactStore, Running } from '../ports/messaging.ts';
import type { ReadModels } from '../projections/read-models.ts';

/**
 * An artifact is put before the event that refers to it is recorded, and a read model may lag. Nothing takes so long, so
 * what is older than this and still not referred to never will be.
 */
export const shortestArtifactLifeMs = 24 * 3_600_000;

const removeEveryMs = 3_600_000;
/** How long the read models may take to show the end of the log. */
const catchUpTimeoutMs = 5_000;

export interface ArtifactRemoval {
  readonly artifacts: ArtifactStore;
  readonly store: Pick<EventStore, 'lastPosition'>;
  readonly readModels: Pick<ReadModels, 'referencedArtifacts' | 'quarantined' | 'waitFor'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Deletes the artifacts that nothing refers to: uploads that were never recorded, outputs of attempts that were given up,
 * and what deleted websites leave. Those put within {@link shortestArtifactLifeMs} are left alone. While any stream is
 * quarantined nothing is deleted at all, since a reference in it could not be seen, nor while the read models do not show
 * the end of the log: this process may have stood still for a day in which others went on. Resolves to the number of deletions;
 * one that fails is logged and met again the next time. Ends early when the signal aborts.
 */
export async function removeUnreferencedArtifacts(
  { artifacts, store, readModels, clock, log }: ArtifactRemoval,
  signal?: AbortSignal,
): Promise<number> {
  const old: ArtifactId[] = [];
  const putBeforeMs = clock.now().getTime() - shortestArtifactLifeMs;
  for await (const { id, putAt } of artifacts.list()) if (putAt.getTime() < putBeforeMs) old.push(id);
  // Looked at after the listing: what was referred to meanwhile, on any server, is seen.
  const last = await store.lastPosition();
  if (last !== null && !(await readModels.waitFor(last, { timeoutMs: catchUpTimeoutMs }))) {
    log.warn({}, 'No artifacts are removed while the read models do not show the end of the log.');
    return 0;
  }
  const quarantined = readModels.quarantined().length;
  if (quarantined > 0) {
    log.warn({ quarantined }, 'No artifacts are removed while streams are quarantined.');
    return 0;
  }
  const referenced = readModels.referencedArtifacts();
  let removed = 0;
  for (const id of old) {
    if (signal?.aborted) break;
    if (referenced.has(id)) continue;
    try {
      await artifacts.delete(id);
      removed += 1;
    } catch (error) {
      log.error({ artifactId: id, error }, 'An artifact could not be deleted; it will be tried again.');
    }
  }
  if (removed > 0) log.info({ removed }, 'Artifacts that nothing refers to were removed.');
  return removed;
}

/** Does it now, and then once an hour. `stop` waits for the deletion under way. */
export function removeArtifactsRegularly(removal: ArtifactRemoval): Running {
  const { clock, log } = removal;
  const stopping = new AbortController();
  let timer = { cancel() {} };
  let current = remove();

  async function remove(): Promise<void> {
    try {
      await removeUnreferencedArtifacts(removal, stopping.signal);
    } catch (error) {
      log.error({ error }, 'Removing artifacts failed; it is tried again in an hour.');
    }
    if (!stopping.signal.aborted) {
      timer = clock.setTimer(removeEveryMs, () => {
        current = remove();
      });
    }
  }

  return {
    async stop() {
      stopping.abort();
      timer.cancel();
      await current;
    },
  };
}
