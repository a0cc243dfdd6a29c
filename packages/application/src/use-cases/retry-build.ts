import { finalStatuses, type JobId, reject, statusOf, type UserId } from '@yardmaster/domain';
import type { Actors } from '../actors.ts';
import { type RequestBuildResult, requestBuild } from './request-build.ts';

/**
 * Builds a finished job's source once more, as a new job with `retryOf`: a job ends exactly once. Refuses a job that has
 * not ended, and a dead letter where the user may not release one. The same `newJobId` again makes no second job.
 */
export async function retryBuild(
  actors: Actors,
  retry: {
    readonly jobId: JobId;
    readonly newJobId: JobId;
    readonly user: UserId;
    readonly mayRelease: boolean;
    readonly priority?: number;
    readonly correlationId?: string;
  },
): Promise<RequestBuildResult> {
  const { state } = await actors.buildJob.load(retry.jobId);
  const { request } = state.context;
  if (request === null) return reject('job-not-found', 'There is no such build.');
  const status = statusOf(state.value);
  if (!finalStatuses.has(status))
    return reject('build-not-ended', `The build is ${status}; only an ended one is retried.`);
  if (state.context.deadLetter && !retry.mayRelease) {
    return reject(
      'dead-letter',
      'The build is set aside, since its workers were lost with it. An operator can release it.',
    );
  }
  return await requestBuild(actors, {
    owner: request.userId,
    website: { kind: 'existing', id: request.websiteId },
    jobId: retry.newJobId,
    source: request.source,
    preview: request.preview,
    priority: retry.priority ?? request.priority,
    settings: request.settings,
    retryOf: retry.jobId,
    requestedBy: retry.user,
    ...(retry.correlationId === undefined ? {} : { correlationId: retry.correlationId }),
  });
}
