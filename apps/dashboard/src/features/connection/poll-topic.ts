import { maxLogPageLines, type ServerFrame } from '@yardmaster/protocol';
import { api } from '../../shared/api/api.ts';
import type { Answer, WantedTopic } from './transports.ts';

/** Lines of a log that a newcomer gets, as many as `WS /live` would send. */
const snapshotLines = 1_000;

/** Asks for a topic once, and gives what the live connection would have sent. Throws `RequestFailed`. */
export async function pollTopic(wanted: WantedTopic, signal: AbortSignal): Promise<Answer> {
  const { topic } = wanted;
  const snapshot = { topic, storeId: '', position: null, type: 'snapshot' } as const;
  if (topic === 'queue') {
    const { activeJobs, completedJobs } = await api.queue(signal);
    return whole({ ...snapshot, jobs: [...activeJobs, ...completedJobs] });
  }
  if (topic === 'notifications') return whole({ ...snapshot, ...(await api.notifications(signal)) });
  if (topic === 'health') return whole({ ...snapshot, health: await api.health(signal) });
  const [kind, jobId = ''] = topic.split(':');
  return kind === 'logs' ? pollLog(jobId, wanted, signal) : whole(await pollBuild(jobId, wanted, signal));
}

const whole = (frame: ServerFrame): Answer => ({ frame, hasMore: false });

/** The events are asked for after the build, so that they reach at least as far; and not when there are no new ones. */
async function pollBuild(jobId: string, { topic, revision }: WantedTopic, signal: AbortSignal): Promise<ServerFrame> {
  const job = await api.job(jobId, signal);
  const frame = { topic, storeId: '', position: null, job };
  if (job.revision === revision) return { ...frame, type: 'update' };
  return { ...frame, type: 'snapshot', events: await api.events(jobId, signal) };
}

async function pollLog(jobId: string, { topic, mark }: WantedTopic, signal: AbortSignal): Promise<Answer> {
  const after = mark === null ? await lineBeforeLast(jobId, signal) : Number(mark.position);
  const { lines, next } = await api.logLines(jobId, { after, limit: maxLogPageLines }, signal);
  const position = lines.at(-1)?.n ?? after;
  const type = mark === null ? 'snapshot' : 'update';
  return { frame: { topic, storeId: '', position, type, lines }, hasMore: next !== null };
}

/** The line after which the last ones begin. */
async function lineBeforeLast(jobId: string, signal: AbortSignal): Promise<number> {
  const { total } = await api.logLines(jobId, { after: 0, limit: 1 }, signal);
  return Math.max(0, total - snapshotLines);
}
