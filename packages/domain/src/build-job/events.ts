import { z } from 'zod';
import { ArtifactId, JobId, Timestamp, UserId, WebsiteId, WorkerId } from '../ids.ts';
import { KillEvidence, mostAttempts, WorkerLoss } from './evidence.ts';
import { maxStepTimeoutMs, Step } from './steps.ts';

export const Priority = z.int().min(0).max(9);
export const defaultPriority = 5;
export const PreviewMode = z.enum(['static', 'dev']);

/** A problem found in the project's own sources, shown first on the job page. Lines and columns count from 1. */
export const Annotation = z.object({
  file: z.string().max(1_024),
  line: z.int().positive().nullable(),
  column: z.int().positive().nullable(),
  code: z.string().max(64).nullable(),
  message: z.string().max(2_000),
  excerpt: z.string().max(2_000).nullable(),
  severity: z.enum(['error', 'warning']),
});
export type Annotation = z.infer<typeof Annotation>;

/** The most annotations that one event carries; the log has them all. */
export const maxAnnotations = 50;

/** The uploaded sources, as an artifact: an archive, or a folder's files packed into one. */
export const BuildSource = z.object({
  artifactId: ArtifactId,
  format: z.enum(['zip', 'tar.gz']),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().nonnegative(),
  originalName: z.string().max(255),
  /** What it looks like at first sight (`react`, `vue`, `static`, …); for people, nothing depends on it. */
  websiteType: z.string().max(32),
});
export type BuildSource = z.infer<typeof BuildSource>;

/** What a person can set per website. Everything else follows from the project's own files. */
export const BuildSettings = z.object({
  packageManager: z.enum(['npm', 'pnpm', 'yarn', 'bun']).nullable().default(null),
  buildCommand: z.string().min(1).max(500).nullable().default(null),
  outputDirectory: z.string().min(1).max(255).nullable().default(null),
});
export type BuildSettings = z.infer<typeof BuildSettings>;

/** A failure in plain words: a stable code, what happened, and what to do about it. */
const failure = {
  code: z.string().max(64),
  message: z.string().max(2_000),
  hint: z.string().max(1_000).nullable(),
};

/**
 * A worker's reports carry `seq`, 1 for the first report of an attempt; the job remembers the last one applied.
 * Events that the system records by itself have none.
 */
const attempt = z.int().positive();
const reported = { attempt, seq: z.int().positive() };

/** Whether the worker vouches that no process, no port and no workspace is left; false where there is none to ask. */
const proven = z.boolean();

const usage = {
  durationMs: z.int().nonnegative(),
  exitCode: z.int().nullable(),
  cpuMs: z.int().nonnegative().nullable(),
  peakMemoryBytes: z.int().nonnegative().nullable(),
};

const event = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), data: z.object(shape) });

/** Every fact that a `buildJob-<id>` stream may hold. Append-only contracts: never renamed, never repurposed. */
export const BuildJobEvent = z.discriminatedUnion('type', [
  event('BuildRequested', {
    websiteId: WebsiteId,
    websiteName: z.string().min(1).max(100),
    userId: UserId,
    buildNumber: z.int().positive(),
    /** The host label of this build's immutable preview, `<slug>-<build>`. */
    previewName: z.string().regex(/^[a-z0-9-]{1,63}$/),
    priority: Priority,
    maxAttempts: z.int().min(1).max(mostAttempts),
    preview: PreviewMode,
    source: BuildSource,
    settings: BuildSettings,
    retryOf: JobId.nullable(),
  }),
  event('BuildQueued', {}),
  event('PriorityChanged', { priority: Priority }),
  event('BuildDispatched', { attempt, pool: z.string().max(32) }),
  event('DispatchWithdrawn', { attempt, reason: z.string().max(500) }),
  event('BuildClaimed', {
    attempt,
    workerId: WorkerId,
    /** One run of the worker process: a restarted worker keeps its id and begins a new session. */
    workerSession: z.string().max(64),
    claimId: z.string().max(64),
    leaseMs: z.int().positive(),
  }),
  event('StepStarted', {
    ...reported,
    step: Step,
    timeoutMs: z.int().positive().max(maxStepTimeoutMs),
    deadlineAt: Timestamp,
  }),
  event('StepCompleted', {
    ...reported,
    step: Step,
    outcome: z.enum(['done', 'cached', 'skipped']),
    detail: z.string().max(500).nullable(),
    ...usage,
  }),
  event('StepFailed', {
    ...reported,
    step: Step,
    ...failure,
    retryable: z.boolean(),
    annotations: z.array(Annotation).max(maxAnnotations),
    ...usage,
  }),
  event('StepTimedOut', { attempt, step: Step, timeoutMs: z.int().positive().max(maxStepTimeoutMs) }),
  event('WorkerLost', {
    attempt,
    workerId: WorkerId,
    reason: z.string().max(500),
    /** Whether the worker had no other attempt; false as well where nobody looked. */
    alone: z.boolean(),
  }),
  /** The worker lives and could not go on with the attempt. It costs the attempt, and is no loss of a worker. */
  event('AttemptAbandoned', { attempt, workerId: WorkerId, proven }),
  /** A worker that goes away in good order hands its build back: no fault of the build, so it costs no attempt. */
  event('BuildReturned', { attempt, workerId: WorkerId, proven }),
  event('OutputPublished', {
    ...reported,
    artifactId: ArtifactId,
    files: z.int().nonnegative(),
    sizeBytes: z.int().nonnegative(),
    spa: z.boolean(),
  }),
  event('RetryScheduled', { attempt, delayMs: z.int().nonnegative(), dueAt: Timestamp }),
  event('RetryDue', { attempt }),
  event('CancelRequested', { reason: z.string().max(500).nullable() }),
  event('BuildCancelled', {
    killedProcesses: z.int().nonnegative(),
    proven,
    /** What ending it took; null where nobody told. */
    killed: KillEvidence.nullable(),
  }),
  event('BuildCompleted', { ...reported }),
  event('BuildFailed', {
    ...failure,
    step: Step.nullable(),
    annotations: z.array(Annotation).max(maxAnnotations),
    /** Set aside for a person to look at: it is built again only where an operator releases it. */
    deadLetter: z.boolean(),
    /** Every worker that it lost, in the order of its attempts. */
    losses: z.array(WorkerLoss).max(mostAttempts).readonly(),
  }),
]);
export type BuildJobEvent = z.infer<typeof BuildJobEvent>;
export type BuildJobEventOf<Type extends BuildJobEvent['type']> = Extract<BuildJobEvent, { type: Type }>;

export const terminalEventTypes = ['BuildCompleted', 'BuildFailed', 'BuildCancelled'] as const;
