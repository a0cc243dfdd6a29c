import { ExternalLink } from 'lucide-react';
import type { ComponentProps } from 'react';
import { isWebAddress } from '../format/web-address.ts';

interface OutsideLinkProps extends Omit<ComponentProps<'a'>, 'href' | 'target' | 'rel'> {
  readonly href: string | null;
  /** What is said after its text to who does not see the sign. */
  readonly note?: string;
}

/** Leads out of the dashboard, in a new tab. Nothing where there is no address, or none that may be opened. */
export function OutsideLink({ href, note = '(opens in a new tab)', children, ...props }: OutsideLinkProps) {
  if (!isWebAddress(href)) return null;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" {...props}>
      {children}
      <ExternalLink aria-hidden="true" />
      <span className="sr-only"> {note}</span>
    </a>
  );
}
