import type { JobId, WorkerId } from '@yardmaster/domain';
import type { ClaimReply, ClaimRequest } from '@yardmaster/protocol';
import type { Actors } from '../actors.ts';
import type { ArtifactTokens } from '../artifact-tokens.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import { isOutage, type StoreWatch } from '../watch-store.ts';
import { leaseMs } from './fleet.ts';
import type { OpenJobs } from './open-jobs.ts';
import { unlessDrifted } from './unless-drifted.ts';

/** How long an attempt may fetch its source and hand in its output: well past the sum of all step timeouts. */
const artifactTokenLifetimeMs = 6 * 3_600_000;

type Claim = ClaimRequest & { readonly workerId: WorkerId; readonly jobId: JobId };

interface World {
  readonly actors: Actors;
  readonly openJobs: OpenJobs;
  readonly artifactTokens: ArtifactTokens;
  readonly storeWatch: StoreWatch;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Answers a worker's claim after `BuildClaimed` is in the log, so that no attempt is ever started twice. The same claim
 * again gets the same answer; a claim that comes too late, or for an attempt that another worker has, is refused. While the
 * event store is away there is no answer (null), and the worker asks again.
 */
export async function answerClaim(world: World, claim: Claim): Promise<ClaimReply | null> {
  try {
    return world.storeWatch.isAway ? null : await grantOrRefuse(world, claim);
  } catch (error) {
    if (isOutage(error)) return null;
    throw error;
  }
}

async function grantOrRefuse(world: World, claim: Claim): Promise<ClaimReply> {
  const { jobId, workerId, attempt, workerSession, claimId } = claim;
  const result = await unlessDrifted(world, jobId, () =>
    world.actors.buildJob.handle(
      jobId,
      { type: 'ClaimBuild', attempt, workerId, workerSession, claimId, leaseMs },
      { actor: { kind: 'worker', workerId }, causationId: claimId },
    ),
  );
  if (result === null) return { granted: false, code: 'stream-drift', message: 'The build is set aside.' };
  if (!result.ok) return { granted: false, ...result.rejection };
  if (result.state.value === 'cancelling') {
    return { granted: false, code: 'build-cancelled', message: 'The build is being cancelled.' };
  }
  const { request } = result.state.context;
  if (request === null) throw new Error(`buildJob-${jobId} was claimed without a request.`);

  world.openJobs.updateFrom(jobId, result);
  const expiresAt = new Date(world.clock.now().getTime() + artifactTokenLifetimeMs).toISOString();
  return {
    granted: true,
    jobId,
    attempt,
    leaseMs,
    source: request.source,
    settings: request.settings,
    preview: request.preview,
    previewName: request.previewName,
    artifactToken: world.artifactTokens.issue({ jobId, attempt, expiresAt }),
  };
}
