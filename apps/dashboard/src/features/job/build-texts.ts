import type { JobSummary } from '@yardmaster/protocol';
import { durationText } from '../../shared/format/quantities.ts';
import { buildName, displayOf } from '../../shared/jobs/job-display.ts';

/** What the browser's tab says: how it goes, readable where only the first letters are shown. */
export function titleOf(job: JobSummary): string {
  const name = buildName(job);
  const { tone, status } = displayOf(job);
  switch (tone) {
    case 'ok':
      return `✓ ${name}`;
    case 'bad':
      return `✗ ${name}`;
    case 'off':
      return `${status} · ${name}`;
    case 'working':
      return `${status} ${job.progress} % · ${name}`;
    case 'waiting':
      return `${status}${job.queuePosition === null ? '' : `, position ${job.queuePosition}`} · ${name}`;
    default:
      return tone satisfies never;
  }
}

/** "about 8 s left (6 s to 13 s)". */
export function estimateText({ ms, lowMs, highMs }: NonNullable<JobSummary['estimatedTimeRemaining']>): string {
  return `about ${durationText(ms)} left (${durationText(lowMs)} to ${durationText(highMs)})`;
}

/** "1 event back", "11 events back". */
export const eventsBackText = (count: number): string => `${count} ${count === 1 ? 'event' : 'events'} back`;

/** How a script gets the events of a build; the token comes from the environment, as for the command line. */
export function curlForEvents(origin: string, eventsPath: string): string {
  return `curl -H "Authorization: Bearer $YARDMASTER_TOKEN" '${origin}${eventsPath}'`;
}
