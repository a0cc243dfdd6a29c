import { Actor, type BuildJobEventOf, type Failure, finalStatuses, type WorkerLoss } from '@yardmaster/domain';
import type { JobSummary, StepView } from '@yardmaster/protocol';
import type { Frame } from '../../shared/replay/replay-build.ts';
import { stepViews } from './step-views.ts';

/** A build as it was right after one of its events. */
export interface BuildAt {
  /** Its summary as it was then. What no event tells (place in the queue, preview, estimate) is there only when live. */
  readonly job: JobSummary;
  /** The moment is the last one. */
  readonly isLive: boolean;
  /** The moment in milliseconds since 1970; null when live, where time goes on. */
  readonly asOfMs: number | null;
  /** Null where not even the first event could be replayed. */
  readonly request: BuildJobEventOf<'BuildRequested'>['data'] | null;
  readonly steps: readonly StepView[];
  /** Why it failed, or why its last attempt did while another is to come. */
  readonly failure: Failure | null;
  /** Who has or had the latest attempt. */
  readonly workerId: string | null;
  /** When the next attempt is due, while a build waits for it. */
  readonly retryDueAt: string | null;
  readonly cancel: Cancel | null;
  /** The workers that it lost, where that is why it was set aside; null for any other build. */
  readonly setAside: readonly WorkerLoss[] | null;
}

/** A cancel, from the wish to the proof. */
export interface Cancel {
  readonly by: Actor | null;
  readonly reason: string | null;
  /** Null until nothing of the build runs any more. */
  readonly end: BuildJobEventOf<'BuildCancelled'>['data'] | null;
}

/**
 * Derives a moment from the events up to it. `summary` is the server's latest word, and adds only what no event tells.
 * Where the server is further than `frames` (this page could not replay the rest), its word counts for the last moment.
 */
export function buildAt(frames: readonly Frame[], revision: number, summary: JobSummary): BuildAt {
  const last = frames.length - 1;
  const frame = frames[Math.min(revision, last)];
  const isLive = revision >= last;
  if (frame === undefined) return { ...nothingReplayed, job: summary };
  const { context } = frame.snapshot;
  const passed = frames.slice(0, frame.revision + 1);
  return {
    job: isLive && summary.revision > frame.revision ? summary : summaryAt(frame, { passed, summary, isLive }),
    isLive,
    asOfMs: isLive ? null : frame.atMs,
    request: context.request,
    steps: stepViews(passed),
    failure: context.failure,
    workerId: claimIn(passed)?.workerId ?? null,
    retryDueAt: context.retryDueAt,
    cancel: cancelIn(passed),
    setAside: context.deadLetter ? context.losses : null,
  };
}

const nothingReplayed: Omit<BuildAt, 'job'> = {
  isLive: true,
  asOfMs: null,
  request: null,
  steps: [],
  failure: null,
  workerId: null,
  retryDueAt: null,
  cancel: null,
  setAside: null,
};

interface Moment {
  readonly passed: readonly Frame[];
  readonly summary: JobSummary;
  readonly isLive: boolean;
}

function summaryAt({ revision, snapshot, status, atMs }: Frame, { passed, summary, isLive }: Moment): JobSummary {
  const { priority, attempt, progress, currentStep, failure } = snapshot.context;
  const started = passed.find(({ event }) => event.type === 'BuildClaimed');
  return {
    ...summary,
    ...(isLive ? {} : unknownThen),
    status,
    state: snapshot.value,
    revision,
    progress,
    currentStep,
    priority,
    effectivePriority: isLive ? summary.effectivePriority : priority + 1,
    attempt,
    startedAt: started === undefined ? null : timeOf(started.atMs),
    completedAt: finalStatuses.has(status) ? timeOf(atMs) : null,
    error: status === 'failed' && failure !== null ? errorOf(failure) : null,
  };
}

function claimIn(passed: readonly Frame[]): BuildJobEventOf<'BuildClaimed'>['data'] | null {
  const claimed = passed.findLast(({ event }) => event.type === 'BuildClaimed');
  return claimed?.event.type === 'BuildClaimed' ? claimed.event.data : null;
}

/** No event tells these, so they are not known of the past. */
const unknownThen = {
  queuePosition: null,
  waitingReason: null,
  estimatedTimeRemaining: null,
  previewUrl: null,
  notificationSent: false,
} as const;

const timeOf = (atMs: number): string => new Date(atMs).toISOString();

function errorOf({ code, message, hint, step }: Failure): JobSummary['error'] {
  return { code, message, hint, step };
}

/** A build that no worker holds is cancelled at once, without a request before. */
function cancelIn(passed: readonly Frame[]): Cancel | null {
  const asked = passed.findLast(({ event }) => event.type === 'CancelRequested' || event.type === 'BuildCancelled');
  if (asked === undefined) return null;
  const request = passed.findLast(({ event }) => event.type === 'CancelRequested') ?? asked;
  const by = Actor.safeParse(request.recorded.metadata.actor);
  return {
    by: by.success ? by.data : null,
    reason: request.event.type === 'CancelRequested' ? request.event.data.reason : null,
    end: asked.event.type === 'BuildCancelled' ? asked.event.data : null,
  };
}

/** How long it waited or worked by then, and which of the two. */
export function elapsedAt(job: JobSummary, nowMs: number): { readonly word: string; readonly ms: number } {
  const { createdAt, startedAt, completedAt, status } = job;
  const endMs = completedAt === null ? nowMs : Date.parse(completedAt);
  const ms = Math.max(0, endMs - Date.parse(startedAt ?? createdAt));
  if (completedAt !== null) return { word: startedAt === null ? 'Waited' : 'Took', ms };
  if (startedAt === null) return { word: 'Waiting for', ms };
  // Between two attempts it waits, and its time goes on.
  return { word: status === 'queued' ? 'Under way for' : 'Building for', ms };
}
