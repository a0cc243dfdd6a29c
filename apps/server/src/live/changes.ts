import type { JobRecord, Position, ReadModels, RecordedEvent } from '@yardmaster/application';
import { JobId, UserId } from '@yardmaster/domain';
import type { Notification } from '@yardmaster/protocol';

export interface JobChange {
  readonly kind: 'job';
  /** Of the last event that concerns the build. */
  readonly position: Position;
  /** The build as it is now. */
  readonly record: JobRecord;
  /** The events of the build itself, in order; none when only its preview changed. */
  readonly events: readonly RecordedEvent[];
}

export interface NotificationChange {
  readonly kind: 'notification';
  readonly position: Position;
  readonly userId: UserId;
  readonly notification: Notification;
}

/** Several notifications were read or deleted at once: the whole list is told anew. */
export interface NotificationListChange {
  readonly kind: 'notification-list';
  readonly position: Position;
  readonly userId: UserId;
}

export interface CredentialChange {
  readonly kind: 'credentials';
  readonly position: Position;
  readonly userId: UserId;
}

export type Change = JobChange | NotificationChange | NotificationListChange | CredentialChange;

/** The kinds of notification that an event of a build may make. */
const notificationTypes: Readonly<Record<string, readonly Notification['type'][]>> = {
  BuildQueued: ['queued', 'retried'],
  BuildClaimed: ['started'],
  RetryScheduled: ['retried'],
  BuildCompleted: ['completed'],
  BuildFailed: ['failed'],
  BuildCancelled: ['cancelled'],
};

/**
 * What stored and projected events changed for those who watch, in the order of positions: one change per build,
 * however many events it had. A build's change comes before the notifications of the same position.
 */
export function changesOf(events: readonly RecordedEvent[], readModels: ReadModels): readonly Change[] {
  const order = new Map(events.map(({ position }, index) => [position, index]));
  const changes = [...jobChanges(events, readModels), ...events.flatMap((event) => userChanges(event, readModels))];
  return changes.sort((a, b) => (order.get(a.position) ?? 0) - (order.get(b.position) ?? 0));
}

function jobChanges(events: readonly RecordedEvent[], readModels: ReadModels): readonly JobChange[] {
  const found = new Map<JobId, { position: Position; events: RecordedEvent[] }>();
  for (const event of events) {
    const jobId = idIn(event.stream, 'buildJob') ?? idIn(event.stream, 'preview');
    if (jobId === null) continue;
    const entry = found.get(jobId) ?? { position: event.position, events: [] };
    entry.position = event.position;
    if (event.stream.startsWith('buildJob-')) entry.events.push(event);
    found.set(jobId, entry);
  }
  return [...found].flatMap(([jobId, entry]) => {
    const record = readModels.job(jobId);
    return record === null ? [] : [{ kind: 'job' as const, record, ...entry }];
  });
}

function userChanges(event: RecordedEvent, readModels: ReadModels): readonly Change[] {
  const jobId = idIn(event.stream, 'buildJob');
  if (jobId !== null) return newNotifications(event, jobId, readModels);
  const user = event.stream.startsWith('user-') ? UserId.safeParse(event.stream.slice('user-'.length)) : undefined;
  if (user?.success !== true) return [];
  const { position, type } = event;
  const userId = user.data;
  if (type === 'SessionEnded' || type === 'ApiTokenRevoked') return [{ kind: 'credentials', position, userId }];
  const changesList = ['NotificationRead', 'AllNotificationsRead', 'NotificationDeleted'].includes(type);
  return changesList ? [{ kind: 'notification-list', position, userId }] : [];
}

function newNotifications(event: RecordedEvent, jobId: JobId, readModels: ReadModels): readonly NotificationChange[] {
  const types = notificationTypes[event.type];
  const record = types === undefined ? null : readModels.job(jobId);
  if (types === undefined || record === null) return [];
  const { position, metadata } = event;
  const userId = record.ownerId;
  return readModels
    .notifications(userId)
    .notifications.filter(
      (candidate) =>
        candidate.jobId === jobId && candidate.createdAt === metadata.occurredAt && types.includes(candidate.type),
    )
    .map((notification) => ({ kind: 'notification', position, userId, notification }));
}

function idIn(stream: string, category: 'buildJob' | 'preview'): JobId | null {
  if (!stream.startsWith(`${category}-`)) return null;
  const parsed = JobId.safeParse(stream.slice(category.length + 1));
  return parsed.success ? parsed.data : null;
}
