import { Link } from '@tanstack/react-router';
import type { JobSummary } from '@yardmaster/protocol';
import { memo } from 'react';
import { sameJob } from './same-job.ts';

/** The name of a build as a link to its page; the area of the row around it (`relative`) belongs to the link. */
export const JobLink = memo(
  function JobLink({ job }: { readonly job: JobSummary }) {
    return (
      <Link
        to="/jobs/$jobId"
        params={{ jobId: job.id }}
        className="flex min-w-0 items-baseline gap-1.5 rounded-sm text-fg no-underline after:absolute after:inset-0 hover:[&>:first-child]:underline"
      >
        <span className="min-w-0 truncate font-medium normal-nums underline-offset-2" title={job.websiteName}>
          {job.websiteName}
        </span>
        <span className="shrink-0 text-muted tabular-nums">#{job.buildNumber}</span>
      </Link>
    );
  },
  sameJob('id', 'websiteName', 'buildNumber'),
);
