import type { JobRecord } from '@yardmaster/application';
import type { JobId } from '@yardmaster/domain';
import type { Change } from './changes.ts';
import type { Outlet } from './outlet.ts';
import type { Summarise } from './topics.ts';

export interface SubscriptionOptions {
  readonly topic: string;
  readonly outlet: Outlet;
}

/** One topic on one connection, as the hub drives it. Every call is quick and none throws. */
export interface Subscription {
  deliver(changes: readonly Change[], summarise: Summarise): void;
  /** Builds whose place in the queue, or reason for waiting, is another now. */
  places(records: readonly JobRecord[], summarise: Summarise): void;
  linesAppended(jobId: JobId): void;
  /** The connection is too slow: send nothing until it has drained. */
  lag(): void;
  drained(): void;
  /** Idempotent. */
  stop(): void;
}
