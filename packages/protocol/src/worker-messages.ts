import {
  Annotation,
  ArtifactId,
  BuildSettings,
  BuildSource,
  JobId,
  KillEvidence,
  maxAnnotations,
  PreviewMode,
  type Report,
  Step,
  Timestamp,
  WorkerId,
} from '@yardmaster/domain';
import { z } from 'zod';

/**
 * The whole conversation between the orchestrator and a worker, in order:
 *
 * 1. A `WorkItem` is pulled from the work queue by a free slot: a hint that a build may be there, nothing more.
 * 2. The slot sends a `ClaimRequest`. Only a granted `ClaimReply` starts a build; no answer means no build, and the same
 *    claim id gets the same answer. The work item is acknowledged after either answer.
 * 3. The slot sends `Report`s, numbered from 1 without holes, and `LogBatch`es. It keeps every report in its outbox
 *    until a `reports-settled` names its number, and sends again what the orchestrator asks for.
 * 4. The slot is free when its last report is settled.
 *
 * A `Heartbeat` says twice a second what the worker holds; what it does not list, it does not have.
 */
export const WorkItem = z.object({ jobId: JobId, attempt: z.int().positive() });
export type WorkItem = z.infer<typeof WorkItem>;

export const ClaimRequest = z.object({
  attempt: z.int().positive(),
  workerSession: z.string().min(1).max(64),
  claimId: z.string().min(1).max(64),
});
export type ClaimRequest = z.infer<typeof ClaimRequest>;

export const ClaimReply = z.discriminatedUnion('granted', [
  z.object({
    granted: z.literal(true),
    jobId: JobId,
    attempt: z.int().positive(),
    leaseMs: z.int().positive(),
    source: BuildSource,
    settings: BuildSettings,
    preview: PreviewMode,
    previewName: z.string(),
    /** Opens the source and takes the output of this attempt over HTTP, and nothing else. */
    artifactToken: z.string(),
  }),
  z.object({ granted: z.literal(false), code: z.string(), message: z.string() }),
]);
export type ClaimReply = z.infer<typeof ClaimReply>;

const usage = {
  durationMs: z.int().nonnegative(),
  exitCode: z.int().nullable(),
  cpuMs: z.int().nonnegative().nullable(),
  peakMemoryBytes: z.int().nonnegative().nullable(),
};
/** `proven` only when no process is left, nothing of the build listens on those ports, and the workspace is gone. */
const stopped = { killedProcesses: z.int().nonnegative(), proven: z.boolean(), killed: KillEvidence };
const report = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z.object({ kind: z.literal(kind), attempt: z.int().positive(), seq: z.int().positive(), ...shape });

export const WorkerReport = z.discriminatedUnion('kind', [
  report('step-started', { step: Step, timeoutMs: z.int().positive() }),
  report('step-completed', {
    step: Step,
    outcome: z.enum(['done', 'cached', 'skipped']),
    detail: z.string().max(500).nullable(),
    ...usage,
  }),
  report('step-failed', {
    step: Step,
    code: z.string().max(64),
    message: z.string().max(2_000),
    hint: z.string().max(1_000).nullable(),
    retryable: z.boolean(),
    annotations: z.array(Annotation).max(maxAnnotations),
    ...usage,
  }),
  report('output-published', {
    artifactId: ArtifactId,
    files: z.int().nonnegative(),
    sizeBytes: z.int().nonnegative(),
    spa: z.boolean(),
  }),
  report('finished', {}),
  /** The attempt was stopped on request, or could not go on. */
  report('stopped', stopped),
  /** The worker goes away in good order and hands the build back. */
  report('returned', stopped),
]) satisfies z.ZodType<Report>;
export type WorkerReport = z.infer<typeof WorkerReport>;

/**
 * The kinds of report after which a worker sends nothing more about the attempt. It makes one only when every process of
 * the attempt has ended and its workspace is gone; where it could not see to that, `stopped` and `returned` say so.
 */
export const lastReportKinds: ReadonlySet<Report['kind']> = new Set(['step-failed', 'finished', 'stopped', 'returned']);

export const Heartbeat = z.object({
  workerId: WorkerId,
  workerSession: z.string().min(1).max(64),
  /** 1 for the first heartbeat of a session. */
  seq: z.int().positive(),
  pool: z.string().max(32),
  slots: z.int().nonnegative(),
  freeSlots: z.int().nonnegative(),
  draining: z.boolean(),
  attempts: z
    .array(
      z.object({
        jobId: JobId,
        attempt: z.int().positive(),
        /** The last report that was made; 0 when there is none yet. */
        lastReportSeq: z.int().nonnegative(),
      }),
    )
    .max(1_000),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

/** Time between two heartbeats of a worker. */
export const heartbeatIntervalMs = 500;

export const ControlMessage = z.discriminatedUnion('type', [
  /** Every report of this attempt up to and including this one is recorded, or known to be needless. */
  z.object({ type: z.literal('reports-settled'), jobId: JobId, attempt: z.int().positive(), upToSeq: z.int() }),
  z.object({ type: z.literal('resend-reports'), jobId: JobId, attempt: z.int().positive(), fromSeq: z.int() }),
  /** End the attempt, killing all its processes. Repeated until a heartbeat no longer lists it. */
  z.object({
    type: z.literal('stop-build'),
    jobId: JobId,
    attempt: z.int().positive(),
    reason: z.enum(['cancelled', 'superseded']),
  }),
  z.object({ type: z.literal('drain') }),
]);
export type ControlMessage = z.infer<typeof ControlMessage>;

export const LogStream = z.enum(['stdout', 'stderr', 'system']);
export type LogStream = z.infer<typeof LogStream>;

export const LogLine = z.object({
  at: Timestamp,
  step: Step.nullable(),
  stream: LogStream,
  /** At most 16 KiB, ANSI colours kept, no line break. */
  text: z.string().max(16_500),
});
export type LogLine = z.infer<typeof LogLine>;

/** The most lines that one batch carries, and the longest that a line waits for a batch to fill. */
export const maxLinesPerLogBatch = 500;
export const logBatchDelayMs = 100;

export const LogBatch = z.object({
  jobId: JobId,
  attempt: z.int().positive(),
  /** Number of the first line, 1 for the first of the attempt. */
  firstLine: z.int().positive(),
  lines: z.array(LogLine).max(maxLinesPerLogBatch),
  /** With the last batch of an attempt: how many lines there were in all. */
  end: z.object({ lines: z.int().nonnegative() }).nullable(),
});
export type LogBatch = z.infer<typeof LogBatch>;
