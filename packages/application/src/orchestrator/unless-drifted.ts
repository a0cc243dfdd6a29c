import type { JobId } from '@yardmaster/domain';
import type { Log } from '../ports/log.ts';
import { StreamDrift } from '../replay-stream.ts';
import type { OpenJobs } from './open-jobs.ts';

/**
 * Does something with a build, unless its history has drifted or is damaged: that build is then set aside, so that it
 * holds up no other, and the answer is null. Nothing can be appended to it, so it stays aside for as long as this process
 * runs; its worker is told to stop with the next heartbeat.
 */
export async function unlessDrifted<Result>(
  { openJobs, log }: { readonly openJobs: OpenJobs; readonly log: Log },
  jobId: JobId,
  work: () => Promise<Result>,
): Promise<Result | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StreamDrift)) throw error;
    openJobs.remove(jobId);
    log.error({ jobId, error }, 'The history of a build has drifted or is damaged: it is set aside, and others go on.');
    return null;
  }
}
