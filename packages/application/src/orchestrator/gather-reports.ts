import type { JobId, Report } from '@yardmaster/domain';
import type { Clock } from '../ports/clock.ts';
import type { ReceivedReport } from '../ports/messaging.ts';

/**
 * How long such a report waits for the one that follows it: longer than a worker and a message server on a busy machine
 * need for one more message, and shorter than anybody notices.
 */
const longestWaitMs = 20;

/** What a worker reports in one breath with something else, when all goes well. */
const hasFollower: ReadonlySet<Report['kind']> = new Set(['step-completed', 'output-published']);

/**
 * Hands on the reports of a job in the order in which they come, and in one breath those that belong together, such as the
 * end of a step and the beginning of the next: the job's actor then appends them as one. Nothing else waits for anything,
 * and nobody depends on a report that waits: its worker keeps it until it is settled.
 */
export function gatherReports(
  clock: Clock,
  handOn: (received: ReceivedReport) => Promise<void>,
): (received: ReceivedReport) => Promise<void> {
  const gathering = new Map<JobId, { readonly go: (() => void)[]; readonly timer: { cancel(): void } }>();

  function release(jobId: JobId): void {
    const gathered = gathering.get(jobId);
    if (gathered === undefined) return;
    gathering.delete(jobId);
    gathered.timer.cancel();
    for (const go of gathered.go) go();
  }

  return (received) =>
    new Promise((resolve) => {
      const { jobId, report } = received;
      const gathered = gathering.get(jobId) ?? {
        go: [],
        timer: clock.setTimer(longestWaitMs, () => release(jobId)),
      };
      gathering.set(jobId, gathered);
      gathered.go.push(() => resolve(handOn(received)));
      if (!hasFollower.has(report.kind)) release(jobId);
    });
}
