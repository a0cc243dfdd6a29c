import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import type { EventStore } from '../../src/ports/event-store.ts';
import { silentLog } from '../../src/ports/log.ts';
import { openReadModels, type ReadModelsOptions } from '../../src/projections/open-read-models.ts';
import type { ReadModels } from '../../src/projections/read-models.ts';
import { createManualClock } from './manual-clock.ts';

/** A path in a folder that goes when the test ends. */
export function temporaryFile(name = 'read-models.sqlite'): string {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-projections-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, name);
}

export const previewUrl = (label: string) => `http://${label}.preview.test/`;

/** Opens read models that are stopped, at the latest, when the test ends. */
export function opened(store: EventStore, options: Partial<ReadModelsOptions> = {}): ReadModels {
  const clock = createManualClock('2026-03-01T08:00:00.000Z');
  const readModels = openReadModels({ file: options.file ?? temporaryFile(), store, previewUrl, clock, ...options });
  onTestFinished(() => readModels.stop());
  return readModels;
}

export async function started(store: EventStore, options: Partial<ReadModelsOptions> = {}): Promise<ReadModels> {
  const readModels = opened(store, options);
  await readModels.start();
  return readModels;
}

/** Resolves when everything that is stored now is projected. */
export async function settled(readModels: ReadModels, store: EventStore): Promise<void> {
  const last = await store.lastPosition();
  if (last !== null && !(await readModels.waitFor(last, { timeoutMs: 10_000 }))) throw new Error('Not projected.');
}

/** Everything in a read-model file, row for row. */
export function contentsOf(file: string): Record<string, unknown[]> {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
    return Object.fromEntries(
      tables.map(({ name }) => [name, db.prepare(`SELECT rowid AS rowid, * FROM ${name} ORDER BY rowid`).all()]),
    );
  } finally {
    db.close();
  }
}

/** A log that keeps what it was told. */
export function recordingLog() {
  const warnings: string[] = [];
  const errors: { readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  return {
    warnings,
    errors,
    log: {
      ...silentLog,
      warn: (_: unknown, message: string) => void warnings.push(message),
      error: (fields: Readonly<Record<string, unknown>>, message: string) => void errors.push({ fields, message }),
    },
  };
}
