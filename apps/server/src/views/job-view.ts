import type { JobRecord, QueuePlace, ReadModels } from '@yardmaster/application';
import { type JobId, waitingReason } from '@yardmaster/domain';
import type { BuildStatus, JobDetail, JobSummary, StepView } from '@yardmaster/protocol';
import type { GatewayParts } from '../gateway-parts.ts';

/** What a view of a build needs beside the record: everything that depends on now. */
export interface JobViewContext {
  readonly places: ReadonlyMap<JobId, QueuePlace>;
  readonly liveSlots: number;
  readonly isMessagingConnected: boolean;
  readonly previewUrl: (label: string) => string;
}

/** The context of this moment; one for all builds of an answer, so that they agree with each other. */
export function jobViewContext({
  readModels,
  clock,
  fleet,
  messaging,
  addresses,
}: Pick<GatewayParts, 'readModels' | 'clock' | 'fleet' | 'messaging' | 'addresses'>): JobViewContext {
  return {
    places: readModels.queuePlaces(clock.now().getTime()),
    liveSlots: fleet.liveSlots(),
    isMessagingConnected: messaging.connected,
    previewUrl: addresses.previewUrl,
  };
}

/** Where a build waits, and why; both null for one that does not wait. */
export function waiting(
  { id, state }: Pick<JobRecord, 'id' | 'state'>,
  { places, liveSlots, isMessagingConnected }: JobViewContext,
): { readonly queuePosition: number | null; readonly waitingReason: string | null } {
  const place = places.get(id);
  if (place !== undefined) {
    const { position, aheadOfHigherPriority } = place;
    const reason = waitingReason({ ahead: position - 1, aheadOfHigherPriority, liveSlots, isMessagingConnected });
    return { queuePosition: position, waitingReason: reason };
  }
  if (state !== 'dispatched') return { queuePosition: null, waitingReason: null };
  const next = { ahead: 0, aheadOfHigherPriority: 0, liveSlots, isMessagingConnected };
  return { queuePosition: null, waitingReason: waitingReason(next) };
}

export function jobSummary(record: JobRecord, context: JobViewContext): JobSummary {
  const { id, websiteId, websiteName, buildNumber, status, state, revision, progress, currentStep } = record;
  const { priority, attempt, createdAt, startedAt, completedAt, error, notificationSent, retryOf } = record;
  return {
    id,
    websiteId,
    websiteName,
    buildNumber,
    status,
    state,
    revision,
    progress,
    currentStep,
    priority,
    effectivePriority: context.places.get(id)?.effectivePriority ?? priority + 1,
    ...waiting(record, context),
    estimatedTimeRemaining: null,
    attempt,
    createdAt,
    startedAt,
    completedAt,
    previewUrl: record.previewLive ? context.previewUrl(record.previewName) : null,
    error,
    notificationSent,
    retryOf,
  };
}

/** `logs` are the last lines of the build's log. */
export function buildStatus(record: JobRecord, context: JobViewContext, logs: readonly string[]): BuildStatus {
  const { status, progress, currentStep, queuePosition, waitingReason, previewUrl, error, notificationSent } =
    jobSummary(record, context);
  return {
    websiteId: record.websiteId,
    jobId: record.id,
    status,
    progress,
    currentStep,
    queuePosition,
    waitingReason,
    logs: [...logs],
    previewUrl,
    error,
    notificationSent,
    estimatedTimeRemaining: null,
    attempt: record.attempt,
    allocatedPort: null,
    createdAt: record.createdAt,
    startedAt: record.startedAt,
    completedAt: record.completedAt,
  };
}

export function jobDetail(
  record: JobRecord,
  context: JobViewContext,
  { logs, steps }: { readonly logs: readonly string[]; readonly steps: readonly StepView[] },
): JobDetail {
  return {
    ...jobSummary(record, context),
    ...buildStatus(record, context, logs),
    steps: [...steps],
    annotations: [...record.annotations],
    cancellation: record.cancellation,
    deadLetter: record.deadLetter === null ? null : { ...record.deadLetter, losses: [...record.deadLetter.losses] },
  };
}

/** Lines of the log that a status carries. */
export const statusLogLines = 50;

/** A build's position in the queue as an answer to whoever has just put it there: always a number. */
export function positionAtIntake(readModels: ReadModels, jobId: JobId, nowMs: number): number {
  return readModels.queuePlaces(nowMs).get(jobId)?.position ?? 1;
}
