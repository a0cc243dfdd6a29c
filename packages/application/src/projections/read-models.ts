import type {
  Annotation,
  ArtifactId,
  BuildSettings,
  BuildSource,
  JobId,
  Role,
  StateValue,
  Status,
  UserId,
  WebsiteId,
  WorkerLoss,
} from '@yardmaster/domain';
import type { BuildError, Cancellation, Notification, StepView, UserQueue } from '@yardmaster/protocol';
import type { EventBatch, Position } from '../ports/event-store.ts';
import type { Running } from '../ports/messaging.ts';

/** A build job as the projections keep it: facts only. What depends on now (queue position, reason) is computed when asked. */
export interface JobRecord {
  readonly id: JobId;
  readonly websiteId: WebsiteId;
  readonly websiteName: string;
  readonly ownerId: UserId;
  readonly buildNumber: number;
  readonly previewName: string;
  readonly status: Status;
  readonly state: StateValue;
  readonly revision: number;
  readonly position: Position;
  readonly progress: number;
  readonly currentStep: string;
  readonly priority: number;
  readonly attempt: number;
  readonly workerId: string | null;
  readonly workerSession: string | null;
  /** When the current attempt was claimed. */
  readonly claimedAt: string | null;
  /** When it was first queued, which is what waiting counts from. */
  readonly queuedAt: string | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly completedAt: string | null;
  readonly error: BuildError | null;
  /** How a cancelled build was ended. */
  readonly cancellation: Cancellation | null;
  /** A build that was set aside, and the first job that was made of it again. */
  readonly deadLetter: { readonly losses: readonly WorkerLoss[]; readonly releasedAs: JobId | null } | null;
  readonly annotations: readonly Annotation[];
  readonly notificationSent: boolean;
  readonly retryOf: JobId | null;
  readonly source: BuildSource;
  readonly settings: BuildSettings;
  readonly preview: 'static' | 'dev';
  readonly outputArtifactId: ArtifactId | null;
  /** Whether `<previewName>.…` serves this build now. */
  readonly previewLive: boolean;
}

export interface WebsiteRecord {
  readonly id: WebsiteId;
  readonly name: string;
  readonly slug: string;
  /** What its newest build's source looks like; `unknown` before there is one. */
  readonly type: string;
  readonly ownerId: UserId;
  readonly settings: BuildSettings;
  readonly createdAt: string;
  readonly deleted: boolean;
  readonly buildCount: number;
  readonly currentJobId: JobId | null;
  /** The latest completed build, which `<slug>.…` shows. */
  readonly latestGoodJobId: JobId | null;
}

export interface UserRecord {
  readonly id: UserId;
  readonly role: Role;
}

export interface PreviewRecord {
  readonly jobId: JobId;
  readonly websiteId: WebsiteId;
  readonly artifactId: ArtifactId;
  readonly spa: boolean;
  readonly expiresAt: string | null;
}

export interface JobFilter {
  readonly ownerId?: UserId;
  readonly statuses?: readonly Status[];
  readonly websiteId?: WebsiteId;
  /** Creation time, ISO 8601, inclusive. */
  readonly from?: string;
  readonly to?: string;
  /** Part of the website's name or of the job's id. */
  readonly text?: string;
  readonly sort: 'newest' | 'oldest' | 'name' | 'priority' | 'duration';
  readonly limit: number;
  readonly offset: number;
}

/** Where a waiting build stands; `position` 1 is next. */
export interface QueuePlace {
  readonly position: number;
  readonly aheadOfHigherPriority: number;
  readonly effectivePriority: number;
}

/** A stream that the projections pass over since an event of it made no sense to one of them. */
export interface QuarantinedStream {
  readonly stream: string;
  /** Of the event that could not be applied. */
  readonly revision: number;
  readonly position: Position;
  readonly type: string;
  /** Which projection it was, or `schema`, and what it said. */
  readonly reason: string;
}

/**
 * The query side. Every answer reflects whole committed batches of events up to {@link ReadModels.position}; nothing but
 * the projections writes here.
 */
export interface ReadModels {
  readonly storeId: string;
  /** Subscribes to the store and resolves once everything that was stored at the call is projected. */
  start(): Promise<void>;
  /** Idempotent. */
  stop(): Promise<void>;
  position(): Position | null;
  /** Resolves true when the position is projected, false after `timeoutMs` or at stop. */
  waitFor(position: Position, options: { readonly timeoutMs: number }): Promise<boolean>;
  /** Called after each committed batch, in order, while `start` catches up too. Listeners must be quick. */
  onBatch(listener: (batch: EventBatch) => void): Running;

  job(id: JobId): JobRecord | null;
  jobs(filter: JobFilter): { readonly jobs: readonly JobRecord[]; readonly total: number };
  /** Jobs that have not ended, oldest first. */
  openJobs(): readonly JobRecord[];
  /**
   * Places of all builds in state `queued` or `backingOff`, by the domain's queue order at `nowMs` (rounded down to a
   * quarter of a second, so that requests share one computation).
   */
  queuePlaces(nowMs: number): ReadonlyMap<JobId, QueuePlace>;
  /** Builds of websites that there are that were set aside, released ones too, the newest first; `total` counts them all. */
  deadLetters(page: { readonly limit: number }): { readonly jobs: readonly JobRecord[]; readonly total: number };
  statistics(ownerId: UserId | null): UserQueue['statistics'];
  steps(id: JobId): readonly StepView[];

  website(id: WebsiteId): WebsiteRecord | null;
  websites(ownerId: UserId): readonly WebsiteRecord[];
  websiteByName(ownerId: UserId, name: string): WebsiteRecord | null;

  /** The newest first, at most `maxNotifications`. */
  notifications(userId: UserId): { readonly notifications: readonly Notification[]; readonly unreadCount: number };
  notification(userId: UserId, id: string): Notification | null;

  user(id: UserId): UserRecord | null;
  firstAdmin(): UserRecord | null;
  userByTokenHash(tokenHash: string): UserRecord | null;
  userBySessionHash(sessionHash: string, now: string): UserRecord | null;
  userByLinkHash(linkHash: string): UserRecord | null;

  /** The preview that a host label shows: a build's own name, or a website's slug for its latest good build. */
  previewByLabel(label: string, now: string): PreviewRecord | null;
  livePreviews(websiteId: WebsiteId): readonly PreviewRecord[];
  /** Where an ended build's log is kept, and how many lines it has; null before it is sealed. */
  sealedLog(id: JobId): { readonly artifactId: ArtifactId; readonly lines: number } | null;
  /** Every artifact that something still refers to; what is not here may go after a day. */
  referencedArtifacts(): ReadonlySet<ArtifactId>;

  /** Streams that are set aside, in the order in which they were found. Empty when all is well. */
  quarantined(): readonly QuarantinedStream[];

  /** Small durable marks of consumers (report stream, log stream). */
  mark(name: string): string | null;
  setMark(name: string, value: string): void;
}
