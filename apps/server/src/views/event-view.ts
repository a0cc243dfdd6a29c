import type { RecordedEvent } from '@yardmaster/application';
import type { EventView } from '@yardmaster/protocol';

/** A stored event as the API shows it: the store's own facts about it stand beside its metadata. */
export function eventView({ position, revision, type, data, metadata, recordedAt }: RecordedEvent): EventView {
  return { position, revision, type, data, metadata: { ...metadata, recordedAt } };
}
