import type { WorkerLoss } from '@yardmaster/domain';
import { AsWritten } from '../ui/as-written.tsx';
import { lossFacts } from './loss-words.ts';

/** The evidence against a build that was set aside: every attempt that lost its worker. */
export function LossList({ losses }: { readonly losses: readonly WorkerLoss[] }) {
  return (
    <ol className="flex flex-col divide-y divide-line overflow-hidden rounded-lg border border-line bg-bg">
      {losses.map((loss) => {
        const { place, company } = lossFacts(loss);
        return (
          <li
            key={loss.attempt}
            className="grid gap-x-4 gap-y-0.5 px-3 py-2 text-[13px] sm:grid-cols-[5.5rem_minmax(0,1fr)_auto] sm:items-baseline"
          >
            <span className="font-medium tabular-nums">Attempt {loss.attempt}</span>
            <span className="min-w-0 wrap-anywhere">
              <span className="font-mono text-xs">{loss.workerId}</span> {place}
              <span className="block text-muted">
                <AsWritten text={loss.reason} />
              </span>
            </span>
            <span className={loss.alone ? 'font-medium text-bad' : 'text-muted'}>{company}</span>
          </li>
        );
      })}
    </ol>
  );
}
