import type { ServerFrame } from '@yardmaster/protocol';
import { api } from '../../shared/api/api.ts';
import type { LiveTopic } from '../../shared/live/live.ts';

/**
 * Asks for a topic once, and gives what the live connection would have sent: a snapshot, or for a log the lines after
 * `since`, as many as one answer holds. Throws `RequestFailed`.
 */
export async function pollTopic(
  topic: LiveTopic,
  { since, signal }: { readonly since: number; readonly signal: AbortSignal },
): Promise<ServerFrame> {
  const frame = { topic, storeId: '', position: null, type: 'snapshot' } as const;
  if (topic === 'queue') {
    const { activeJobs, completedJobs } = await api.queue(signal);
    return { ...frame, jobs: [...activeJobs, ...completedJobs] };
  }
  if (topic === 'notifications') return { ...frame, ...(await api.notifications(signal)) };
  const [kind, jobId = ''] = topic.split(':');
  if (kind === 'logs') {
    const { lines } = await api.logLines(jobId, { after: since }, signal);
    return { ...frame, type: 'update', position: lines.at(-1)?.n ?? since, lines };
  }
  const [job, events] = await Promise.all([api.job(jobId, signal), api.events(jobId, signal)]);
  return { ...frame, job, events };
}
