import type { Position, RecordedEvent } from '@yardmaster/application';
import { finalStatuses, type JobId, type Status, statuses } from '@yardmaster/domain';
import type { JobSummary, ServerFrame } from '@yardmaster/protocol';
import { maySeeJob, type Viewer } from '../auth/viewer.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { defaultPageSize } from '../http/routes/queue.ts';
import { findActiveJobs } from '../views/active-jobs.ts';
import { eventView } from '../views/event-view.ts';
import { jobSummary, jobViewContext } from '../views/job-view.ts';
import type { Change, JobChange } from './changes.ts';

/** What a frame says, without what every frame has. */
export type FrameBody = Omit<ServerFrame, 'topic' | 'storeId' | 'type' | 'position'>;

/** Builds' summaries as of one moment, each made once however many connections get it. */
export type Summarise = (change: JobChange['record']) => JobSummary;

/** One topic as one viewer sees it. */
export interface TopicView {
  /** Everything there is now; null when the topic is not there for this viewer (any more). */
  snapshot(history: readonly RecordedEvent[]): FrameBody | null;
  /** What a change means here; null when nothing. */
  update(change: Change, summarise: Summarise): FrameBody | null;
  /** A build's place in the queue changed without an event of its own. */
  place(record: JobChange['record'], summarise: Summarise): FrameBody | null;
  /** The stream whose history belongs to a snapshot, and up to where it is projected (-1: not at all). */
  readonly history: { readonly stream: string; projectedRevision(): number } | null;
}

type Parts = Pick<GatewayParts, 'readModels' | 'clock' | 'fleet' | 'messaging' | 'addresses'>;

/** `queue`, `notifications`, or both as one (`stream`, which server-sent events carry). */
export function userTopic(
  parts: Parts,
  viewer: Viewer,
  { jobs, notifications }: { readonly jobs: boolean; readonly notifications: boolean },
): TopicView {
  const { readModels } = parts;
  const owns = ({ ownerId }: JobChange['record']) => jobs && ownerId === viewer.id;
  return {
    history: null,
    snapshot: () => ({
      ...(jobs ? { jobs: [...recentJobs(parts, viewer)] } : {}),
      ...(notifications ? listOf(readModels.notifications(viewer.id)) : {}),
    }),
    update(change, summarise) {
      switch (change.kind) {
        case 'job':
          return owns(change.record) ? { job: summarise(change.record) } : null;
        case 'notification': {
          if (!notifications || change.userId !== viewer.id) return null;
          const { unreadCount } = readModels.notifications(viewer.id);
          return { notification: change.notification, unreadCount };
        }
        case 'notification-list':
          return notifications && change.userId === viewer.id ? listOf(readModels.notifications(viewer.id)) : null;
        case 'credentials':
          return null;
        default:
          return change satisfies never;
      }
    },
    place: (record, summarise) => (owns(record) ? { job: summarise(record) } : null),
  };
}

/** `job:<id>`: one build's state and events. */
export function jobTopic(parts: Parts, viewer: Viewer, jobId: JobId): TopicView {
  const { readModels } = parts;
  return {
    history: {
      stream: `buildJob-${jobId}`,
      projectedRevision: () => readModels.job(jobId)?.revision ?? -1,
    },
    snapshot(history) {
      const record = readModels.job(jobId);
      if (record === null || !maySeeJob(viewer, record)) return null;
      return { job: jobSummary(record, jobViewContext(parts)), events: history.map(eventView) };
    },
    update(change, summarise) {
      if (change.kind !== 'job' || change.record.id !== jobId) return null;
      return { job: summarise(change.record), events: change.events.map(eventView) };
    },
    place: (record, summarise) => (record.id === jobId ? { job: summarise(record) } : null),
  };
}

const ended = statuses.filter((status) => finalStatuses.has(status));

/** What the queue page shows first: all builds under way, and those that ended last. */
function recentJobs(parts: Parts, { id: ownerId }: Viewer): readonly JobSummary[] {
  const { readModels } = parts;
  const context = jobViewContext(parts);
  const find = (chosen: readonly Status[], page: { readonly limit: number; readonly offset: number }) =>
    readModels.jobs({ ownerId, statuses: chosen, sort: 'newest', ...page });
  const { jobs } = findActiveJobs(find);
  const last = find(ended, { limit: defaultPageSize, offset: 0 }).jobs;
  return [...jobs, ...last].map((job) => jobSummary(job, context));
}

function listOf({ notifications, unreadCount }: ReturnType<GatewayParts['readModels']['notifications']>): FrameBody {
  return { notifications: [...notifications], unreadCount };
}

/** Whether `position` lies after `other`, where null is before everything. */
export function isAfter(
  store: Pick<GatewayParts['store'], 'comparePositions'>,
  position: Position | null,
  other: Position | null,
): boolean {
  if (position === null) return false;
  return other === null || store.comparePositions(position, other) > 0;
}
