import type { JobSummary } from '@yardmaster/protocol';
import { useEffect, useRef, useState } from 'react';
import { displayOf } from '../../shared/jobs/job-display.ts';
import { useJobs } from '../../shared/jobs/jobs-context.ts';

/** The most changes that one announcement names; more would be talked over by the next. */
const maxNamed = 3;

/** Tells a screen reader of builds whose status changed, and of nothing that was there when the page opened. */
export function StatusAnnouncer() {
  const view = useJobs();
  const [text, setText] = useState('');
  const told = useRef<ReadonlyMap<string, string> | null>(null);
  useEffect(() => {
    if (!view.known) return;
    const before = told.current;
    const jobs = [...view.active, ...view.ended];
    told.current = new Map(jobs.map((job) => [job.id, displayOf(job).status]));
    const changed = before === null ? [] : jobs.filter((job) => before.get(job.id) !== displayOf(job).status);
    if (changed.length > 0) setText(announcement(changed));
  }, [view]);
  return (
    <p className="sr-only" role="status">
      {text}
    </p>
  );
}

function announcement(changed: readonly JobSummary[]): string {
  const named = changed
    .slice(0, maxNamed)
    .map((job) => `${job.websiteName}, build ${job.buildNumber}: ${displayOf(job).status}.`);
  const more = changed.length - named.length;
  return [...named, ...(more > 0 ? [`And ${more} more.`] : [])].join(' ');
}
