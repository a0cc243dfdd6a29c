import { agoText, durationText } from '../../shared/format/quantities.ts';
import { useNow } from '../../shared/ui/use-now.ts';

/** How long something has been going on, second by second. */
export function Elapsed({ since }: { readonly since: string }) {
  return <span className="tabular-nums">{durationText(useNow() - Date.parse(since))}</span>;
}

/** When something happened, as seen from now; the moment itself is in the title. */
export function Ago({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()} className="whitespace-nowrap tabular-nums">
      {agoText(at, useNow())}
    </time>
  );
}
