import { openAsBlob } from 'node:fs';
import type { ArtifactId, JobId } from '@yardmaster/domain';
import { LogLineView } from '@yardmaster/protocol';
import type { Log } from '../ports/log.ts';
import type { ArtifactStore } from '../ports/messaging.ts';
import type { LogStore } from './log-store.ts';

/** Lines that are written in one transaction, between which others get their turn. */
const linesPerChunk = 1_000;

export interface LogRestorer {
  /** Whether a build's log was sealed with more lines than are here. */
  isNeeded(jobId: JobId): boolean;
  /**
   * Brings back from the sealed log what is not here, and resolves when it can be read: at once where nothing is needed.
   * Calls for one build while it is under way join. Where the sealed log cannot be read that is logged, and what is here
   * stays as it is, or incomplete; the next call tries again.
   */
  restore(jobId: JobId): Promise<void>;
}

/**
 * Every server keeps the lines that it has received itself. One that was away for longer than the log stream keeps them, or
 * that is new or has lost its file, gets them from the sealed logs, build by build, when somebody wants to read one.
 */
export function createLogRestorer({
  logs,
  artifacts,
  readModels,
  log,
}: {
  readonly logs: Pick<LogStore, 'page' | 'replaceWith'>;
  readonly artifacts: Pick<ArtifactStore, 'path'>;
  readonly readModels: { sealedLog(jobId: JobId): { readonly artifactId: ArtifactId; readonly lines: number } | null };
  readonly log: Log;
}): LogRestorer {
  const underWay = new Map<JobId, Promise<void>>();

  const missing = (jobId: JobId): ArtifactId | null => {
    const sealed = readModels.sealedLog(jobId);
    if (sealed === null || logs.page({ jobId, after: 0, limit: 1 }).total >= sealed.lines) return null;
    return sealed.artifactId;
  };

  const bringBack = async (jobId: JobId, artifactId: ArtifactId) => {
    try {
      const path = await artifacts.path(artifactId);
      if (path === null) throw new Error(`The artifact ${artifactId} is gone.`);
      await logs.replaceWith(jobId, sealedLines(path));
    } catch (error) {
      log.warn({ jobId, error }, 'A sealed log cannot be read; what is left of it here is shown.');
    }
  };

  return {
    isNeeded: (jobId) => missing(jobId) !== null,
    async restore(jobId) {
      const known = underWay.get(jobId);
      if (known !== undefined) return known;
      const artifactId = missing(jobId);
      if (artifactId === null) return;
      const restoring = bringBack(jobId, artifactId).finally(() => underWay.delete(jobId));
      underWay.set(jobId, restoring);
      await restoring;
    },
  };
}

/** See `seal-log.ts`, which writes them: gzipped, one JSON object to a line. */
async function* sealedLines(path: string): AsyncGenerator<readonly LogLineView[]> {
  const texts = (await openAsBlob(path))
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .pipeThrough(new TextDecoderStream());
  let chunk: LogLineView[] = [];
  let rest = '';
  for await (const text of texts) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) chunk.push(LogLineView.parse(JSON.parse(line)));
    if (chunk.length < linesPerChunk) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
