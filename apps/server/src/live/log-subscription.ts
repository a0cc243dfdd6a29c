import type { JobId } from '@yardmaster/domain';
import type { LogLineView, LogPage } from '@yardmaster/protocol';
import type { GatewayParts } from '../gateway-parts.ts';
import { maxBufferedBytes } from './outlet.ts';
import type { Subscription, SubscriptionOptions } from './subscription.ts';

/** Lines of a log that a newcomer gets; what came before can be paged over HTTP. */
export const snapshotLines = 1_000;
const linesPerFrame = 500;

/**
 * `logs:<id>` on one connection. Lines are fetched by number as fast as they leave, so a slow reader costs nothing and
 * loses nothing, and one that comes back goes on after the line that it had. Where lines have to be brought back from the
 * sealed log first, a second snapshot follows.
 */
export function createLogSubscription(
  { logs, logRestorer, readModels }: Pick<GatewayParts, 'logs' | 'logRestorer' | 'readModels'>,
  options: SubscriptionOptions & { readonly jobId: JobId; readonly since: string | number | undefined },
): Subscription {
  const { topic, outlet, jobId, since } = options;
  const { storeId } = readModels;
  let isStopped = false;
  let cursor = begin(since);
  if (logRestorer.isNeeded(jobId)) void restoreAndBegin();
  else pull();

  return {
    deliver() {},
    places() {},
    linesAppended(id) {
      if (id === jobId) pull();
    },
    lag() {},
    drained: pull,
    stop() {
      isStopped = true;
    },
  };

  /** What is here may be numbered otherwise than the whole. */
  async function restoreAndBegin(): Promise<void> {
    cursor = Number.POSITIVE_INFINITY;
    await logRestorer.restore(jobId);
    if (isStopped) return;
    cursor = begin();
    pull();
  }

  /** The line after which updates go on; a snapshot is sent where `from` is no line of this log. */
  function begin(from?: typeof since): number {
    const { total } = pageAfter(0, 1);
    const known = Number(from);
    if (from !== undefined && Number.isSafeInteger(known) && known >= 0 && known <= total) return known;
    const { lines } = pageAfter(Math.max(0, total - snapshotLines), snapshotLines);
    const position = lines.at(-1)?.n ?? 0;
    outlet.send({ topic, storeId, type: 'snapshot', position, lines: [...lines] });
    return position;
  }

  function pull(): void {
    while (!isStopped && outlet.bufferedBytes < maxBufferedBytes) {
      const { lines } = pageAfter(cursor, linesPerFrame);
      const last: LogLineView | undefined = lines.at(-1);
      if (last === undefined) return;
      cursor = last.n;
      outlet.send({ topic, storeId, type: 'update', position: cursor, lines });
    }
  }

  function pageAfter(after: number, limit: number): LogPage {
    return logs.page({ jobId, after, limit });
  }
}
