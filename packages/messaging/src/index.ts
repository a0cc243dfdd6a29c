export { maxReportsInFlight } from './consume-reports.ts';
export { openFilesystemArtifactStore, UnfitArtifact } from './filesystem-artifact-store.ts';
export { createLeaderLease, type LeaderLeaseOptions, leaderLeaseMs } from './leader-lease.ts';
export { createLogFeed } from './log-feed.ts';
export { MessagingUnavailable } from './messaging-unavailable.ts';
export { type NatsUsers, natsAuthorization } from './nats-authorization.ts';
export { connectNats, type NatsLink, type NatsLinkOptions } from './nats-connection.ts';
export { createNatsKey, type NatsKey } from './nats-key.ts';
export { createOrchestratorMessaging, type OrchestratorMessagingOptions } from './orchestrator-messaging.ts';
export type { PulledWork } from './pull-work.ts';
export { type SharedStore, startStoreBell } from './store-bell.ts';
export { maxSlotsPerPool, workAckWaitMs } from './streams.ts';
export { workerInboxPrefix } from './subjects.ts';
export {
  claimTimeoutMs,
  createWorkerMessaging,
  type WorkerMessaging,
  type WorkerMessagingOptions,
} from './worker-messaging.ts';
