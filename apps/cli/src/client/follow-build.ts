import { setTimeout as sleep } from 'node:timers/promises';
import { finalStatuses } from '@yardmaster/domain';
import { JobDetail, type LogLineView, LogPage } from '@yardmaster/protocol';
import { type ApiClient, isPassing } from './api-client.ts';

/** Time between two looks, and the longest while the server cannot be reached. */
const pollEveryMs = 300;
const longestPauseMs = 3_000;
/** How long a server that cannot be reached is waited for. */
const longestOutageMs = 600_000;
/** The log comes on another way than the end of the build: it is complete after so many looks without a new line. */
const quietLooks = 2;
const longestLastLinesMs = 5_000;

export interface Watch {
  readonly onLines: (lines: readonly LogLineView[]) => void;
  readonly onJob: (job: JobDetail) => void;
  /** Once per outage, when the server stops answering. */
  readonly onOutage: () => void;
  readonly signal: AbortSignal;
}

/**
 * Follows a build to its end: every log line once and in order, the last ones included, and the build after each look.
 * Survives restarts of the server, up to ten minutes. Resolves with the ended build; rejects when the signal aborts (the
 * build goes on).
 */
export async function followBuild(client: ApiClient, jobId: string, watch: Watch): Promise<JobDetail> {
  const lines = createLineReader(client, jobId, watch.onLines);
  const look = persistently(watch);
  for (;;) {
    // The build first: the lines that it had then are read after it.
    const job = await look(() => client.request(JobDetail, 'GET', `/jobs/${jobId}`));
    await look(lines.readNew);
    watch.onJob(job);
    if (finalStatuses.has(job.status)) {
      if (job.attempt > 0) await readLastLines();
      return job;
    }
    await sleep(pollEveryMs, undefined, { signal: watch.signal });
  }

  async function readLastLines(): Promise<void> {
    const giveUpAtMs = performance.now() + longestLastLinesMs;
    for (let quiet = 0; quiet < quietLooks && performance.now() < giveUpAtMs; ) {
      await sleep(pollEveryMs, undefined, { signal: watch.signal });
      quiet = (await look(lines.readNew)) === 0 ? quiet + 1 : 0;
    }
  }
}

/** Tries again while the server cannot be reached. */
function persistently({ onOutage, signal }: Watch) {
  return async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    let failedSinceMs: number | null = null;
    for (let pauseMs = pollEveryMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        return await ask();
      } catch (error) {
        if (!isPassing(error)) throw error;
        if (failedSinceMs !== null && performance.now() - failedSinceMs > longestOutageMs) throw error;
      }
      if (failedSinceMs === null) onOutage();
      failedSinceMs ??= performance.now();
      await sleep(pauseMs, undefined, { signal });
    }
  };
}

/** Hands over the lines of a log in order, each once, also when a request in between fails. */
export function createLineReader(
  client: ApiClient,
  jobId: string,
  onLines: (lines: readonly LogLineView[]) => void,
): {
  /** Resolves, with their number, when all lines that there are now have been handed over. */
  readNew(): Promise<number>;
} {
  let last = 0;
  return {
    async readNew() {
      let count = 0;
      for (;;) {
        const page = await client.request(LogPage, 'GET', `/jobs/${jobId}/logs?after=${last}&limit=1000`);
        last = page.lines.at(-1)?.n ?? last;
        count += page.lines.length;
        if (page.lines.length > 0) onLines(page.lines);
        if (page.next === null) return count;
      }
    },
  };
}
