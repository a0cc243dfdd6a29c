import { cpSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type EventStore, type Log, openReadModels, silentLog, systemClock } from '@yardmaster/application';
import { readModelFiles } from './installation.ts';
import { unless, type Verdict } from './verdicts.ts';

/** Tables that are no projection: how far a file has come, and marks of consumers. */
const NO_PROJECTION: ReadonlySet<string> = new Set(['checkpoint', 'marks']);
const MAX_SHOWN_CHARS = 300;

/**
 * Compares the read models that each server has kept, row by row, with ones made anew from the log. A server may have been
 * stopped before the last events reached it, so a copy of its file is brought to the end of the log first; one that was
 * not taken for what it is, and made anew by that, is a fault.
 */
export async function judgeReadModels({
  store,
  dataDir,
  folder,
}: {
  readonly store: EventStore;
  readonly dataDir: string;
  readonly folder: string;
}): Promise<Verdict> {
  const fresh = await tablesOf(join(folder, 'fresh.sqlite'), { store, log: silentLog });
  const wrong: string[] = [];
  const files = readModelFiles(dataDir);
  for (const { id, file } of files) {
    if (!existsSync(file)) {
      wrong.push(`${id} has no read models`);
      continue;
    }
    const copy = join(folder, `${id}-${basename(file)}`);
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(`${file}${suffix}`)) cpSync(`${file}${suffix}`, `${copy}${suffix}`);
    }
    const complaints = ownStore(copy) === store.storeId ? [] : ['its file belongs to another store'];
    const kept = await tablesOf(copy, { store, log: collecting(complaints) });
    wrong.push(...complaints.map((complaint) => `${id}: ${complaint}`), ...differences(id, kept, fresh));
  }
  const rows = [...fresh.values()].reduce((sum, table) => sum + table.size, 0);
  return unless(
    'read models of every server equal a fresh replay',
    wrong,
    `${files.length} servers, ${fresh.size} tables, ${rows} rows`,
  );
}

type Tables = ReadonlyMap<string, ReadonlySet<string>>;

async function tablesOf(
  file: string,
  { store, log }: { readonly store: EventStore; readonly log: Log },
): Promise<Tables> {
  const readModels = openReadModels({ file, store, previewUrl: (label) => label, clock: systemClock, log });
  await readModels.start();
  await readModels.stop();
  const database = new DatabaseSync(file, { readOnly: true });
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const tables = names
    .map(({ name }) => String(name))
    .filter((name) => !NO_PROJECTION.has(name) && !name.startsWith('sqlite_'))
    .map(
      (name) =>
        [
          name,
          new Set(
            database
              .prepare(`SELECT * FROM ${name}`)
              .all()
              .map((row) => JSON.stringify(row)),
          ),
        ] as const,
    );
  database.close();
  return new Map(tables);
}

/** Read models of another store are emptied without a word. */
function ownStore(file: string): unknown {
  const database = new DatabaseSync(file);
  const row = database.prepare('SELECT store_id FROM checkpoint').get();
  database.close();
  return row?.store_id;
}

const collecting = (complaints: string[]): Log => {
  const take = (_fields: unknown, message: string) => void complaints.push(message);
  return { ...silentLog, warn: take, error: take };
};

function differences(id: string, kept: Tables, fresh: Tables): readonly string[] {
  return [...fresh].flatMap(([table, rows]) => {
    const own = kept.get(table) ?? new Set();
    const missing = [...rows].filter((row) => !own.has(row));
    const surplus = [...own].filter((row) => !rows.has(row));
    if (missing.length + surplus.length === 0) return [];
    const shown = [
      ...surplus.slice(0, 1).map((row) => `has ${row}`),
      ...missing.slice(0, 1).map((row) => `lacks ${row}`),
    ];
    return [
      `${id}, ${table}: ${missing.length} rows missing, ${surplus.length} of its own: ${shown.map((row) => row.slice(0, MAX_SHOWN_CHARS)).join('; ')}`,
    ];
  });
}
