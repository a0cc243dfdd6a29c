import { setTimeout as sleep } from 'node:timers/promises';
import { finalStatuses } from '@yardmaster/domain';
import { JobDetail, type LogLineView, LogPage } from '@yardmaster/protocol';
import { type ApiClient, isPassing } from './api-client.ts';

/** Time between two looks, and the longest while the server cannot be reached. */
const pollEveryMs = 300;
const longestPauseMs = 3_000;

/**
 * Follows a build to its end: every log line once and in order, and the build after each look. Survives restarts of the
 * server. Resolves with the ended build; rejects when the signal aborts (the build goes on).
 */
export async function followBuild(
  client: ApiClient,
  jobId: string,
  watch: {
    readonly onLines: (lines: readonly LogLineView[]) => void;
    readonly onJob: (job: JobDetail) => void;
    readonly signal: AbortSignal;
  },
): Promise<JobDetail> {
  let after = 0;
  for (let pauseMs = pollEveryMs; ; ) {
    try {
      // The build first: what its last look shows as ended has all its lines by the look after.
      const job = await client.request(JobDetail, 'GET', `/jobs/${jobId}`, { signal: watch.signal });
      after = await readLines(client, jobId, after, watch);
      watch.onJob(job);
      if (finalStatuses.has(job.status)) return job;
      pauseMs = pollEveryMs;
    } catch (error) {
      if (!isPassing(error)) throw error;
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
    await sleep(pauseMs, undefined, { signal: watch.signal });
  }
}

/** Hands over the lines after a number, page by page; returns the last number. */
export async function readLines(
  client: ApiClient,
  jobId: string,
  after: number,
  { onLines, signal }: { readonly onLines: (lines: readonly LogLineView[]) => void; readonly signal: AbortSignal },
): Promise<number> {
  let last = after;
  for (;;) {
    const page = await client.request(LogPage, 'GET', `/jobs/${jobId}/logs?after=${last}&limit=1000`, { signal });
    if (page.lines.length > 0) onLines(page.lines);
    last = page.lines.at(-1)?.n ?? last;
    if (page.next === null) return last;
  }
}
