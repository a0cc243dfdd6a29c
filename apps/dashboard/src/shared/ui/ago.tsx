import { agoText } from '../format/quantities.ts';
import { useNow } from './use-now.ts';

/** When something happened, as seen from now; the moment itself is in the title. */
export function Ago({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()} className="whitespace-nowrap tabular-nums">
      {agoText(at, useNow())}
    </time>
  );
}
