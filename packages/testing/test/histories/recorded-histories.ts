import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EventStore, NewEvent } from '@yardmaster/application';
import { EventMetadata } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';

/**
 * `recorded/<category>/<machine version>/<scenario>.ndjson`: what the model of a category recorded when it had that
 * version, one event a line, in the order of the store. A file is never changed once it is here.
 */
const folder = fileURLToPath(new URL('recorded/', import.meta.url));

export interface RecordedHistory {
  readonly category: string;
  readonly machineVersion: number;
  readonly scenario: string;
  readonly events: readonly NewEvent[];
}

/** Every history in the repository. Throws where a line is no event. */
export function readRecordedHistories(): readonly RecordedHistory[] {
  return foldersIn(folder).flatMap((category) =>
    foldersIn(join(folder, category)).flatMap((version) =>
      readdirSync(join(folder, category, version)).map((file) => ({
        category,
        machineVersion: Number(version),
        scenario: file.replace(/\.ndjson$/, ''),
        events: readFileSync(join(folder, category, version, file), 'utf8')
          .trimEnd()
          .split('\n')
          .map(storedEvent),
      })),
    ),
  );
}

/** Whether the histories of a version are there already: they are recorded once. */
export const isRecorded = ({ category, machineVersion }: Omit<RecordedHistory, 'events' | 'scenario'>): boolean =>
  existsSync(join(folder, category, String(machineVersion)));

/** Throws where the file is there already. */
export function writeRecordedHistory({ category, machineVersion, scenario, events }: RecordedHistory): void {
  const versionFolder = join(folder, category, String(machineVersion));
  mkdirSync(versionFolder, { recursive: true });
  const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
  writeFileSync(join(versionFolder, `${scenario}.ndjson`), lines, { flag: 'wx' });
}

/** A store that holds a history as it was recorded. Throws where an event is missing. */
export async function storeOf({ events }: RecordedHistory): Promise<EventStore> {
  const store = createMemoryEventStore();
  for (const event of events) {
    const { stream, revision } = event.metadata;
    const appended = await store.append(stream, revision === 0 ? 'no_stream' : revision - 1, [event]);
    assert(appended.ok, `Before revision ${revision} of ${stream} an event is missing.`);
  }
  return store;
}

function storedEvent(line: string): NewEvent {
  const { type, data, metadata } = JSON.parse(line) as { readonly [part in keyof NewEvent]: unknown };
  return { type: String(type), data, metadata: EventMetadata.parse(metadata) };
}

function foldersIn(parent: string): readonly string[] {
  if (!existsSync(parent)) return [];
  const entries = readdirSync(parent, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
