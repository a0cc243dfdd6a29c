import type { JobSummary } from '@yardmaster/protocol';
import { RotateCw } from 'lucide-react';
import { useBuildActions } from '../../shared/jobs/use-build-actions.ts';
import { Button } from '../../shared/ui/button.tsx';
import { PreviewLink } from './preview-link.tsx';

interface CompletedActionsProps {
  readonly job: JobSummary;
  readonly className?: string;
  /** For the words on the buttons, which may hide where it is narrow. */
  readonly textClass?: string;
}

/** Look at what a build has made, or build it again. */
export function CompletedActions({ job, className = '', textClass = '' }: CompletedActionsProps) {
  const { retry } = useBuildActions();
  return (
    <div className={`relative z-1 flex items-center gap-2 ${className}`}>
      <PreviewLink job={job} textClass={textClass} />
      <Button
        size="small"
        aria-disabled={retry.isPending || undefined}
        onClick={() => !retry.isPending && retry.mutate(job)}
      >
        <RotateCw aria-hidden="true" className={retry.isPending ? 'motion-safe:animate-spin' : ''} />
        <span className={textClass}>{job.status === 'completed' ? 'Rebuild' : 'Retry'}</span>
        <span className="sr-only">
          {' '}
          {job.websiteName}, build {job.buildNumber}
        </span>
      </Button>
    </div>
  );
}
