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
/** Characters that are handed on at a time: a line for itself would cost more in the streams than in its compression. */
const chunkCharacters = 64_000;

const bySystem = { actor: { kind: 'system', name: 'log-sealer' } } as const;

/**
 * Writes an ended build's log into an artifact (gzipped NDJSON) and records where it is and what is missing, so that it
 * outlives the log stream. Does nothing for a log that is sealed already. What an interrupted try of the same sealer has put
 * is replaced, and another one's artifact has another id: a leader that stood still and goes on touches nothing that its
 * successor has put on record. So the record always says what the artifact holds; what is on none goes with everything that
 * nothing refers to. Rejects with the signal's reason when that aborts before the log is complete.
 */
export async function sealLog(
  world: {
    readonly actors: Actors;
    readonly logs: ReceivedLogs;
    readonly artifacts: ArtifactStore;
    readonly clock: Clock;
    /** Unique to the term of a leader, within which one try follows the other. */
    readonly sealer: string;
  },
  jobId: JobId,
  signal: AbortSignal,
): Promise<void> {
  const { actors, logs, artifacts, sealer } = world;
  if ((await actors.log.load(jobId)).state.value === 'sealed') return;
  const { attempt } = (await actors.buildJob.load(jobId)).state.context;
  if (attempt > 0) await endOrTimeout(world, { jobId, attempt, signal });

  const counted = { lines: 0 };
  const name = createHash('sha256').update(`${jobId} ${sealer}`).digest('hex').slice(0, 32);
  const artifactId = ArtifactId.parse(`log-${name}`);
  const packed = streamOf(ndjson(logs.readAll(jobId), counted))
    .pipeThrough(new TextEncoderStream())
    .pipeThrough(new CompressionStream('gzip'));
  await artifacts.delete(artifactId);
  const { sizeBytes } = await artifacts.putContent(artifactId, packed);
  const missingLines = attempt === 0 ? 0 : missing(logs.progress(jobId, attempt));
  await actors.log.handle(jobId, { type: 'SealLog', artifactId, ...counted, missingLines, sizeBytes }, bySystem);
}

/** By hand, since the types of a browser, under which the dashboard's tests look at this too, know no `from`. */
function streamOf(chunks: Iterator<string>): ReadableStream<string> {
  return new ReadableStream({
    pull(controller) {
      const next = chunks.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
  });
}

function* ndjson(lines: Iterable<LogLineView>, counted: { lines: number }): Generator<string> {
  let chunk = '';
  for (const line of lines) {
    counted.lines += 1;
    chunk += `${JSON.stringify(line)}\n`;
    if (chunk.length < chunkCharacters) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

async function endOrTimeout(
  { logs, clock }: { readonly logs: ReceivedLogs; readonly clock: Clock },
  { jobId, attempt, signal }: { readonly jobId: JobId; readonly attempt: number; readonly signal: AbortSignal },
): Promise<void> {
  const giveUpAtMs = clock.monotonicMs() + longestWaitMs;
  while (clock.monotonicMs() < giveUpAtMs) {
    signal.throwIfAborted();
    const { received, end } = logs.progress(jobId, attempt);
    if (end !== null && received >= end) return;
    await new Promise<void>((resolve) => clock.setTimer(lookEveryMs, resolve));
  }
}

function missing({ received, missing: gaps, end }: ReturnType<ReceivedLogs['progress']>): number {
  return Math.max(gaps, end === null ? 0 : end - received);
}
