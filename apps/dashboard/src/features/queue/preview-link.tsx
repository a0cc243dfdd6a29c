import type { JobSummary } from '@yardmaster/protocol';
import { buttonClass } from '../../shared/ui/button.tsx';
import { OutsideLink } from '../../shared/ui/outside-link.tsx';

/** To what a build has made; nothing where there is no preview (any more). */
export function PreviewLink({ job, textClass = '' }: { readonly job: JobSummary; readonly textClass?: string }) {
  return (
    <OutsideLink
      className={buttonClass({ size: 'small' })}
      href={job.previewUrl}
      note={`of ${job.websiteName}, build ${job.buildNumber}, opens in a new tab`}
    >
      <span className={textClass}>Preview</span>
    </OutsideLink>
  );
}
