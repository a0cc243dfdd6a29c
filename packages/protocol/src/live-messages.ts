import { z } from 'zod';
import { EventView, JobSummary, LogLineView, Notification } from './build-views.ts';
import { SystemHealth } from './health-views.ts';

/** Topics of `WS /live`: `queue`, `job:<id>`, `logs:<id>`, `notifications`, `health`. */
export const Topic = z
  .string()
  .regex(/^(queue|notifications|health|job:[A-Za-z0-9_-]{1,64}|logs:[A-Za-z0-9_-]{1,64})$/);

/** The most topics that one connection may follow. */
export const maxTopicsPerConnection = 100;

export const ClientMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('subscribe'),
    topic: Topic,
    /** Position (for `logs:<id>` a line number) after which to go on, from an earlier frame. */
    since: z.union([z.string().max(200), z.int().nonnegative()]).optional(),
    storeId: z.string().max(64).optional(),
  }),
  z.object({ type: z.literal('unsubscribe'), topic: Topic }),
  /** Answered by a frame `pong`: a browser shows its page no pings of the WebSocket protocol itself. */
  z.object({ type: z.literal('ping') }),
]);
export type ClientMessage = z.infer<typeof ClientMessage>;

/**
 * A frame. After a snapshot at position p every later change of the topic arrives once and in order. A reader that is
 * too slow is sent a fresh snapshot instead of a backlog.
 */
export const ServerFrame = z.object({
  topic: z.string(),
  position: z.union([z.string(), z.int()]).nullable(),
  storeId: z.string(),
  /** `pong` answers a ping; it is of no topic and of no position. */
  type: z.enum(['snapshot', 'update', 'error', 'pong']),
  /** `queue` and `job:<id>` */
  jobs: z.array(JobSummary).optional(),
  job: JobSummary.optional(),
  events: z.array(EventView).optional(),
  /** `logs:<id>` */
  lines: z.array(LogLineView).optional(),
  /** `notifications` */
  notifications: z.array(Notification).optional(),
  notification: Notification.optional(),
  unreadCount: z.int().optional(),
  /** `health`: snapshots only, of position null. */
  health: SystemHealth.optional(),
  code: z.string().optional(),
  message: z.string().optional(),
});
export type ServerFrame = z.infer<typeof ServerFrame>;
