import { createHash } from 'node:crypto';
import { ArtifactId, type JobId } from '@yardmaster/domain';
import type { LogLineView } from '@yardmaster/protocol';
import type { Actors } from '../actors.ts';
import type { Clock } from '../ports/clock.ts';
import type { ArtifactStore } from '../ports/messaging.ts';

/** The log lines of this process, as they came from the workers. */
export interface ReceivedLogs {
  progress(
    jobId: JobId,
    attempt: number,
  ): { readonly received: number; readonly missing: number; readonly end: number | null };
  readAll(jobId: JobId): Iterable<LogLineView>;
}

/** How long an ended build's last lines are waited for when its worker sent no end marker, and how often is looked. */
const longestWaitMs = 5_000;
const lookEveryMs = 100;

const bySystem = { actor: { kind: 'system', name: 'log-sealer' } } as const;

/**
 * Writes an ended build's log into an artifact (gzipped NDJSON) and records where it is and what is missing, so that it
 * outlives the log stream. Does nothing for a log that is sealed already. The artifact's id follows from the job's, so a
 * crash in the middle leaves nothing to clean up.
 */
export async function sealLog(
  world: {
    readonly actors: Actors;
    readonly logs: ReceivedLogs;
    readonly artifacts: ArtifactStore;
    readonly clock: Clock;
  },
  jobId: JobId,
): Promise<void> {
  const { actors, logs, artifacts } = world;
  if ((await actors.log.load(jobId)).state.value === 'sealed') return;
  const { attempt } = (await actors.buildJob.load(jobId)).state.context;
  await endOrTimeout(world, jobId, attempt);

  let lines = 0;
  const ndjson = function* () {
    for (const line of logs.readAll(jobId)) {
      lines += 1;
      yield `${JSON.stringify(line)}\n`;
    }
  };
  const artifactId = ArtifactId.parse(`log-${createHash('sha256').update(jobId).digest('hex').slice(0, 32)}`);
  const packed = ReadableStream.from(ndjson())
    .pipeThrough(new TextEncoderStream())
    .pipeThrough(new CompressionStream('gzip'));
  const { sizeBytes } = await artifacts.putContent(artifactId, packed);
  const missingLines = attempt === 0 ? 0 : missing(logs.progress(jobId, attempt));
  await actors.log.handle(jobId, { type: 'SealLog', artifactId, lines, missingLines, sizeBytes }, bySystem);
}

async function endOrTimeout(
  { logs, clock }: { readonly logs: ReceivedLogs; readonly clock: Clock },
  jobId: JobId,
  attempt: number,
): Promise<void> {
  if (attempt === 0) return;
  const giveUpAtMs = clock.monotonicMs() + longestWaitMs;
  while (clock.monotonicMs() < giveUpAtMs) {
    const { received, end } = logs.progress(jobId, attempt);
    if (end !== null && received >= end) return;
    await new Promise<void>((resolve) => clock.setTimer(lookEveryMs, resolve));
  }
}

function missing({ received, missing: gaps, end }: ReturnType<ReceivedLogs['progress']>): number {
  return Math.max(gaps, end === null ? 0 : end - received);
}
