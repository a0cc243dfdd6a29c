import { finalStatuses, type Status } from '@yardmaster/domain';
import type { JobDetail } from '@yardmaster/protocol';
import { type Api, UnexpectedAnswer } from './api.ts';
import type { Product } from './product.ts';
import { until } from './until.ts';

/** Waits until a build has ended, however often the server goes away meanwhile, and hands over every look at it. */
export function untilEnded(
  product: { readonly api: Pick<Api, 'job'> },
  jobId: string,
  onLook: (job: JobDetail) => void = () => {},
): Promise<JobDetail> {
  return until(`build ${jobId} has ended`, async () => {
    const job = await product.api.job(jobId).catch(nullWhileAway);
    if (job !== null) onLook(job);
    return job !== null && finalStatuses.has(job.status) ? job : null;
  });
}

/** A build as somebody saw it who looked at it again and again. */
export interface WatchedBuild {
  readonly job: JobDetail;
  /** Each as often as it changed. */
  readonly statuses: readonly Status[];
  readonly progress: readonly number[];
}

export async function watch(product: Product, jobId: string): Promise<WatchedBuild> {
  const statuses: Status[] = [];
  const progress: number[] = [];
  const job = await untilEnded(product, jobId, (seen) => {
    if (statuses.at(-1) !== seen.status) statuses.push(seen.status);
    if (progress.at(-1) !== seen.progress) progress.push(seen.progress);
  });
  return { job, statuses, progress };
}

/** `fetch` throws a TypeError where nobody listens, and a server that starts says 503; all else fails the test. */
function nullWhileAway(error: unknown): null {
  if (error instanceof TypeError || (error instanceof UnexpectedAnswer && error.status === 503)) return null;
  throw error;
}
