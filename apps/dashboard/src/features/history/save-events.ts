import type { Replay } from '../../shared/replay/replay-build.ts';
import { eventsAsCsv, eventsAsNdjson, exportFileName } from './event-export.ts';

/** How long the browser may take to begin with a download, in milliseconds. */
const releaseAfterMs = 30_000;

/** Gives the reader a file with all events, made from what the page holds. */
export function saveEvents(replay: Replay, format: 'ndjson' | 'csv'): void {
  const blob =
    format === 'csv'
      ? new Blob([eventsAsCsv(replay)], { type: 'text/csv;charset=utf-8' })
      : new Blob([eventsAsNdjson(replay)], { type: 'application/x-ndjson' });
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = exportFileName(replay, format);
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), releaseAfterMs);
}
