import { JobSummary, Notification, type ServerFrame } from '@yardmaster/protocol';
import { z } from 'zod';
import type { LiveTopic } from '../../shared/live/live.ts';

const position = z.string().nullable();
const storeId = z.string();
const unreadCount = z.int();

/** A message of `GET /user/queue/stream`. */
export const StreamMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    position,
    storeId,
    jobs: z.array(JobSummary),
    notifications: z.array(Notification),
    unreadCount,
  }),
  z.object({ type: z.literal('job_update'), position, jobUpdate: JobSummary }),
  z.object({ type: z.literal('notification'), position, notification: Notification, unreadCount }),
  z.object({ type: z.literal('notifications'), position, notifications: z.array(Notification), unreadCount }),
]);
export type StreamMessage = z.infer<typeof StreamMessage>;

/** The frames that `WS /live` would have sent on the topics `queue` and `notifications`. */
export function framesOf(message: StreamMessage, storeId: string): readonly ServerFrame[] {
  const { type, position } = message;
  const frame = (topic: LiveTopic, body: Partial<ServerFrame>): ServerFrame => ({
    topic,
    storeId,
    position,
    type: 'update',
    ...body,
  });
  switch (type) {
    case 'snapshot': {
      const { jobs, notifications, unreadCount } = message;
      return [frame('queue', { type, jobs }), frame('notifications', { type, notifications, unreadCount })];
    }
    case 'job_update':
      return [frame('queue', { job: message.jobUpdate })];
    case 'notification': {
      const { notification, unreadCount } = message;
      return [frame('notifications', { notification, unreadCount })];
    }
    case 'notifications': {
      const { notifications, unreadCount } = message;
      return [frame('notifications', { notifications, unreadCount })];
    }
    default:
      return type satisfies never;
  }
}
