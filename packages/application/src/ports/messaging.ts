import type { ArtifactId, JobId, WorkerId } from '@yardmaster/domain';
import type {
  ClaimReply,
  ClaimRequest,
  ControlMessage,
  Heartbeat,
  LogBatch,
  WorkerReport,
  WorkItem,
} from '@yardmaster/protocol';

/** A running subscription or consumer. `stop` is idempotent and resolves when no handler runs any more. */
export interface Running {
  stop(): Promise<void>;
}

/** A report as it came in, with its place in the report stream. */
export interface ReceivedReport {
  readonly workerId: WorkerId;
  readonly jobId: JobId;
  readonly report: WorkerReport;
  readonly sequence: number;
}

export interface ReceivedLogBatch {
  readonly workerId: WorkerId;
  readonly batch: LogBatch;
  readonly sequence: number;
}

/**
 * A place in a stream of messages: which incarnation of the stream, and the last sequence in it that is settled. A stream
 * that was made anew or is shorter than the mark is read from its first message.
 */
export interface StreamMark {
  readonly streamCreated: string;
  readonly sequence: number;
}

/**
 * What the orchestrator asks of the messaging system. None of it is ever the source of truth: work items may vanish or
 * come twice, reports may come again, and the log says what is so.
 */
export interface OrchestratorMessaging {
  readonly connected: boolean;
  /** Called on every change of the connection, and once at registration. */
  onConnectionChange(listener: (connected: boolean) => void): Running;
  /** Puts a work item into the queue of a pool. Resolves when the queue has it, or has it already. */
  publishWork(pool: string, item: WorkItem): Promise<void>;
  /** Takes a job's work items out of the queue, whether pulled or not. */
  withdrawWork(pool: string, jobId: JobId): Promise<void>;
  /** Jobs that have a work item in the queue of a pool. */
  listWork(pool: string): Promise<readonly JobId[]>;
  /**
   * Answers claims. Null leaves the claim without an answer, which grants nothing; so does what the handler throws, and
   * that is logged.
   */
  serveClaims(
    handler: (claim: ClaimRequest & { workerId: WorkerId; jobId: JobId }) => Promise<ClaimReply | null>,
  ): Running;
  /**
   * Delivers reports in stream order, from the mark on, across reconnects. The handler is not awaited between
   * deliveries beyond a bound (`maxReportsInFlight`); reports of one job are started in order.
   */
  consumeReports(options: {
    readonly mark: StreamMark | null;
    readonly handler: (received: ReceivedReport) => Promise<void>;
    /** Called with a mark below which every handler has resolved, at most once a second and at stop. */
    readonly onMark: (mark: StreamMark) => void;
  }): Running;
  onHeartbeat(handler: (heartbeat: Heartbeat) => void): Running;
  /** Fire and forget: whoever sends repeats it until a heartbeat shows its effect. */
  sendControl(workerId: WorkerId, message: ControlMessage): void;
}

/**
 * Says which of several servers runs the orchestrator. At most one leads, but for moments in which a former leader has not
 * found out yet: whatever a leader does must bear that. A leader that cannot renew its lease stops leading by itself, and
 * no later than the others may take its place.
 */
export interface LeaderLease {
  /** Never true beyond the lease, however long this process stood still. */
  readonly leading: boolean;
  /** The name of the server that leads, as far as known. */
  readonly leader: string | null;
  /** Called with every change of either, and once at registration. */
  onChange(listener: () => void): Running;
  /**
   * Hands a leader's small note on to its successors, with the next renewal. Does nothing for who does not lead. Throws on
   * a name or value beyond {@link leaseNoteLimits}.
   */
  note(name: string, value: string): void;
  /** The last note of this name, whoever led when it was made; null without one, or where the lease was forgotten. */
  noted(name: string): string | null;
  /**
   * Gives the lease back within a moment, and leaves it to others for so long: for who leads and cannot do what a leader has
   * to. Does nothing more than the latter for who does not lead.
   */
  standAside(forMs: number): void;
  /** Gives the lease back, so that another server leads at once. Idempotent. */
  stop(): Promise<void>;
}

export const leaseNoteLimits = { names: 16, nameLength: 64, valueLength: 1_000 } as const;

/** What gateways ask of it: the log lines as they come. */
export interface LogFeed {
  /** Delivers batches in stream order, one at a time, from the mark on; `mark` in the handler covers that batch. */
  consumeLogs(options: {
    readonly mark: StreamMark | null;
    readonly handler: (received: ReceivedLogBatch, mark: StreamMark) => Promise<void>;
  }): Running;
}

/**
 * Files that outlive a process: uploaded sources, published outputs, sealed logs. `put` is durable (fsynced) and atomic
 * when it resolves: there is never a half artifact. Putting the same id again replaces nothing and succeeds.
 */
export interface ArtifactStore {
  /** Moves or copies a finished file in. */
  putFile(id: ArtifactId, sourcePath: string): Promise<void>;
  /** Writes a file from content as it comes. Rejects, leaving nothing, when the content ends with an error. */
  putContent(id: ArtifactId, content: AsyncIterable<Uint8Array>): Promise<{ readonly sizeBytes: number }>;
  /** Moves a finished folder in (a website's output). */
  putFolder(id: ArtifactId, sourcePath: string): Promise<void>;
  /** The path of a file or folder, readable on this machine; null where there is none. */
  path(id: ArtifactId): Promise<string | null>;
  delete(id: ArtifactId): Promise<void>;
  /** Every artifact with the moment it was put, for the removal of what nothing refers to. */
  list(): AsyncIterable<{ readonly id: ArtifactId; readonly putAt: Date }>;
  /** A new path on the artifact store's own disk, to write into before `put…` (a rename then suffices). */
  stagingPath(): Promise<string>;
}
