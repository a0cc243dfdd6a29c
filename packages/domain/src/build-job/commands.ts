import type { JobId, UserId, WebsiteId, WorkerId } from '../ids.ts';
import type { BuildJobEventOf, BuildSettings, BuildSource } from './events.ts';
import type { KillEvidence } from './evidence.ts';
import type { Step } from './steps.ts';

/**
 * What can be asked of a build job. A worker's reports are commands too: the machine may refuse them, and a report of an
 * attempt that is over is answered `stale`, so that the worker stops sending it.
 */
export type BuildJobCommand =
  | ({ readonly type: 'RequestBuild' } & BuildRequest)
  | { readonly type: 'ChangePriority'; readonly priority: number }
  | { readonly type: 'DispatchBuild'; readonly pool: string }
  | { readonly type: 'WithdrawDispatch'; readonly attempt: number; readonly reason: string }
  | ({ readonly type: 'ClaimBuild' } & Claim)
  | { readonly type: 'RecordReport'; readonly workerId: WorkerId; readonly report: Report }
  | { readonly type: 'ExpireStep'; readonly attempt: number; readonly step: Step }
  | {
      readonly type: 'DeclareWorkerLost';
      readonly attempt: number;
      readonly workerId: WorkerId;
      readonly reason: string;
      /** Whether no other attempt was with that worker when it was lost. */
      readonly alone: boolean;
    }
  | { readonly type: 'EndBackoff'; readonly attempt: number }
  | { readonly type: 'CancelBuild'; readonly reason: string | null };

export interface BuildRequest {
  readonly websiteId: WebsiteId;
  readonly websiteName: string;
  readonly userId: UserId;
  readonly buildNumber: number;
  readonly previewName: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly preview: 'static' | 'dev';
  readonly source: BuildSource;
  readonly settings: BuildSettings;
  readonly retryOf: JobId | null;
}

export interface Claim {
  readonly attempt: number;
  readonly workerId: WorkerId;
  readonly workerSession: string;
  readonly claimId: string;
  readonly leaseMs: number;
}

type Reported<Type extends 'StepStarted' | 'StepCompleted' | 'StepFailed' | 'OutputPublished'> = Omit<
  BuildJobEventOf<Type>['data'],
  'attempt' | 'seq' | 'deadlineAt'
>;

/** What a worker tells about an attempt, numbered from 1 without holes. The last one ends the attempt. */
export type Report = { readonly attempt: number; readonly seq: number } & (
  | ({ readonly kind: 'step-started' } & Reported<'StepStarted'>)
  | ({ readonly kind: 'step-completed' } & Reported<'StepCompleted'>)
  | ({ readonly kind: 'step-failed' } & Reported<'StepFailed'>)
  | ({ readonly kind: 'output-published' } & Reported<'OutputPublished'>)
  | { readonly kind: 'finished' }
  | ({ readonly kind: 'stopped' } & Stopped)
  | ({ readonly kind: 'returned' } & Stopped)
);

interface Stopped {
  readonly killedProcesses: number;
  /** True only when no process is left, nothing of the build listens on those ports, and the workspace is gone. */
  readonly proven: boolean;
  readonly killed: KillEvidence;
}
