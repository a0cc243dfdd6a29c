import type { JobSummary } from '@yardmaster/protocol';
import { momentsOf, type QueueFilter } from './queue-search.ts';

export type JobPredicate = (job: JobSummary) => boolean;

/**
 * Whether a build passes a filter, as the server decides it: the text is in the name or in the id, whatever its case, and
 * the days are those in which the build was asked for, both included.
 */
export function jobFilter({ status, website, q, ...days }: QueueFilter): JobPredicate {
  const { from, to } = momentsOf(days);
  const text = q?.trim().toLowerCase() ?? '';
  return (job) => {
    if (status !== undefined && !status.includes(job.status)) return false;
    if (website !== undefined && job.websiteId !== website) return false;
    if (text !== '' && !job.websiteName.toLowerCase().includes(text) && !job.id.toLowerCase().includes(text))
      return false;
    if (from === null && to === null) return true;
    const createdAtMs = Date.parse(job.createdAt);
    return (from === null || createdAtMs >= from) && (to === null || createdAtMs <= to);
  };
}
