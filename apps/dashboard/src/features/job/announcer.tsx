import type { JobSummary } from '@yardmaster/protocol';
import { buildName, displayOf } from '../../shared/jobs/job-display.ts';
import { titleOf } from './build-texts.ts';

/** Says how the build goes where it is not looked at: to a screen reader, and in the browser's tab. */
export function Announcer({ job, isPast }: { readonly job: JobSummary; readonly isPast: boolean }) {
  const { status, activity } = displayOf(job);
  const title = titleOf(job);
  return (
    <>
      <title>{`${title} · Yardmaster`}</title>
      <p role="status" className="sr-only">
        {isPast ? 'Viewing the past.' : `${buildName(job)}: ${status}. ${activity ?? ''}`}
      </p>
    </>
  );
}
