import type { JobSummary } from '@yardmaster/protocol';
import { ExternalLink } from 'lucide-react';
import { buttonClass } from '../../shared/ui/button.tsx';

/** To what a build has made; nothing where there is no preview (any more). */
export function PreviewLink({ job, textClass = '' }: { readonly job: JobSummary; readonly textClass?: string }) {
  if (job.previewUrl === null) return null;
  return (
    <a className={buttonClass({ size: 'small' })} href={job.previewUrl} target="_blank" rel="noopener noreferrer">
      <span className={textClass}>Preview</span>
      <span className="sr-only">
        {' of '}
        {job.websiteName}, build {job.buildNumber}, opens in a new tab
      </span>
      <ExternalLink aria-hidden="true" />
    </a>
  );
}
