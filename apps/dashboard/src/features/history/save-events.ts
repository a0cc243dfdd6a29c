import type { Replay } from '../../shared/replay/replay-build.ts';
import { saveFile } from '../../shared/ui/save-file.ts';
import { eventsAsCsv, eventsAsNdjson, exportFileName } from './event-export.ts';

/** Gives the reader a file with all events, made from what the page holds. */
export function saveEvents(replay: Replay, format: 'ndjson' | 'csv'): void {
  const content =
    format === 'csv'
      ? new Blob([eventsAsCsv(replay)], { type: 'text/csv;charset=utf-8' })
      : new Blob([eventsAsNdjson(replay)], { type: 'application/x-ndjson' });
  saveFile(content, exportFileName(replay, format));
}
