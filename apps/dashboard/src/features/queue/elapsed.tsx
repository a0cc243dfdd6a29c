import { durationText } from '../../shared/format/quantities.ts';
import { useNow } from '../../shared/ui/use-now.ts';

/** How long something has been going on, second by second. */
export function Elapsed({ since }: { readonly since: string }) {
  return <span className="tabular-nums">{durationText(useNow() - Date.parse(since))}</span>;
}
