import { Annotation, KillEvidence, StateValue, Step, statuses, WorkerLoss } from '@yardmaster/domain';
import { z } from 'zod';

/** Shapes of the HTTP answers about builds; what scripts rely on. Fields may be added, never renamed or removed. */
export const StatusName = z.enum(statuses);

export const BuildError = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
  step: Step.nullable(),
});
export type BuildError = z.infer<typeof BuildError>;

export const Estimate = z.object({ ms: z.number(), lowMs: z.number(), highMs: z.number() });

/** A build as lists and live updates carry it. */
export const JobSummary = z.object({
  id: z.string(),
  websiteId: z.string(),
  websiteName: z.string(),
  buildNumber: z.int(),
  status: StatusName,
  state: StateValue,
  revision: z.int(),
  progress: z.number(),
  currentStep: z.string(),
  priority: z.int(),
  effectivePriority: z.number(),
  queuePosition: z.int().nullable(),
  waitingReason: z.string().nullable(),
  estimatedTimeRemaining: Estimate.nullable(),
  attempt: z.int(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  completedAt: z.string().nullable(),
  previewUrl: z.string().nullable(),
  error: BuildError.nullable(),
  notificationSent: z.boolean(),
  retryOf: z.string().nullable(),
});
export type JobSummary = z.infer<typeof JobSummary>;

export const StepView = z.object({
  name: Step,
  attempt: z.int(),
  status: z.enum(['running', 'completed', 'skipped', 'failed']),
  startedAt: z.string(),
  durationMs: z.number().nullable(),
  cache: z.enum(['hit', 'miss', 'none']),
  detail: z.string().nullable(),
  exitCode: z.int().nullable(),
  cpuMs: z.number().nullable(),
  peakMemoryBytes: z.number().nullable(),
});
export type StepView = z.infer<typeof StepView>;

export const BuildStatus = z.object({
  websiteId: z.string(),
  jobId: z.string(),
  status: StatusName,
  progress: z.number(),
  currentStep: z.string(),
  queuePosition: z.int().nullable(),
  waitingReason: z.string().nullable(),
  logs: z.array(z.string()),
  previewUrl: z.string().nullable(),
  error: BuildError.nullable(),
  notificationSent: z.boolean(),
  estimatedTimeRemaining: Estimate.nullable(),
  attempt: z.int(),
  allocatedPort: z.int().nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  completedAt: z.string().nullable(),
});
export type BuildStatus = z.infer<typeof BuildStatus>;

/** How a build was ended that somebody cancelled. */
export const Cancellation = z.object({
  killedProcesses: z.int(),
  /** Whether nothing of it is left, on the word of the worker that had it. */
  proven: z.boolean(),
  /** Null where nobody told. */
  killed: KillEvidence.nullable(),
});
export type Cancellation = z.infer<typeof Cancellation>;

export const JobDetail = JobSummary.extend({
  ...BuildStatus.shape,
  steps: z.array(StepView),
  annotations: z.array(Annotation),
  /** How a cancelled build was ended; null for any other. */
  cancellation: Cancellation.nullable(),
  /** Why a build was set aside, and the job that was made of it again; null for any other. */
  deadLetter: z.object({ losses: z.array(WorkerLoss), releasedAs: z.string().nullable() }).nullable(),
});
export type JobDetail = z.infer<typeof JobDetail>;

export const UploadAnswer = z.object({
  success: z.literal(true),
  website: z.object({ id: z.string(), name: z.string(), type: z.string(), buildJobId: z.string() }),
  queuePosition: z.int().positive(),
  message: z.string(),
});
export type UploadAnswer = z.infer<typeof UploadAnswer>;

export const LogLineView = z.object({
  n: z.int().positive(),
  at: z.string(),
  step: Step.nullable(),
  stream: z.enum(['stdout', 'stderr', 'system']),
  text: z.string(),
  attempt: z.int(),
});
export type LogLineView = z.infer<typeof LogLineView>;

export const LogPage = z.object({
  lines: z.array(LogLineView),
  /** Pass as `after` for the next page; null at the end. */
  next: z.int().nullable(),
  total: z.int(),
});
export type LogPage = z.infer<typeof LogPage>;

export const maxLogPageLines = 5_000;

export const EventView = z.object({
  position: z.string(),
  revision: z.int(),
  type: z.string(),
  data: z.unknown(),
  metadata: z.record(z.string(), z.unknown()),
});
export type EventView = z.infer<typeof EventView>;

export const ReplayAnswer = z.object({
  revision: z.int(),
  state: StateValue,
  context: z.record(z.string(), z.unknown()),
  status: StatusName,
});
export type ReplayAnswer = z.infer<typeof ReplayAnswer>;

export const QueueStatistics = z.object({
  waiting: z.int(),
  building: z.int(),
  averageWaitMs: z.number().nullable(),
  averageBuildMs: z.number().nullable(),
});

export const UserQueue = z.object({
  activeJobs: z.array(JobSummary),
  completedJobs: z.array(JobSummary),
  totalActive: z.int(),
  totalCompleted: z.int(),
  page: z.int(),
  pageSize: z.int(),
  statistics: QueueStatistics,
});
export type UserQueue = z.infer<typeof UserQueue>;

export const Notification = z.object({
  id: z.string(),
  jobId: z.string(),
  type: z.enum(['queued', 'started', 'completed', 'failed', 'cancelled', 'retried']),
  title: z.string(),
  message: z.string(),
  read: z.boolean(),
  actionUrl: z.string().nullable(),
  createdAt: z.string(),
});
export type Notification = z.infer<typeof Notification>;

export const NotificationList = z.object({ notifications: z.array(Notification), unreadCount: z.int() });
export type NotificationList = z.infer<typeof NotificationList>;

/** Notifications kept per user; older ones leave the list. */
export const maxNotifications = 50;

export const WebsiteView = z.object({
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  type: z.string(),
  createdAt: z.string(),
  buildCount: z.int(),
  currentJobId: z.string().nullable(),
  latestPreviewUrl: z.string().nullable(),
});
export type WebsiteView = z.infer<typeof WebsiteView>;
