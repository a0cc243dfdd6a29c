import type { JobSummary } from '@yardmaster/protocol';
import { useEffect } from 'react';
import { displayOf } from '../../shared/jobs/job-display.ts';
import { buildName, titleOf } from './build-texts.ts';

/** Says how the build goes where it is not looked at: to a screen reader, and in the browser's tab. */
export function Announcer({ job, isPast }: { readonly job: JobSummary; readonly isPast: boolean }) {
  const { status, activity } = displayOf(job);
  const title = titleOf(job);
  useEffect(() => {
    const before = document.title;
    document.title = `${title} · Yardmaster`;
    return () => {
      document.title = before;
    };
  }, [title]);
  return (
    <p role="status" className="sr-only">
      {isPast ? 'Viewing the past.' : `${buildName(job)}: ${status}. ${activity ?? ''}`}
    </p>
  );
}
