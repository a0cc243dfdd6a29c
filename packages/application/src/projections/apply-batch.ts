import type { DatabaseSync } from 'node:sqlite';
import type { EventBatch, Position, RecordedEvent } from '../ports/event-store.ts';
import type { Log } from '../ports/log.ts';
import { type Projection, readEvent } from './projection.ts';
import type { QuarantinedStream } from './read-models.ts';
import { inTransaction, isSqliteFailure } from './sqlite-file.ts';

export const projectorSchema = `
  CREATE TABLE checkpoint (only INTEGER PRIMARY KEY CHECK (only = 1), store_id TEXT NOT NULL, position TEXT) STRICT;
  CREATE TABLE quarantined (
    stream TEXT PRIMARY KEY, revision INTEGER NOT NULL, position TEXT NOT NULL, type TEXT NOT NULL, reason TEXT NOT NULL
  ) STRICT;`;

/** Long reasons (a schema names every bad field) are cut. */
const maxReasonLength = 1_000;

export interface Projector {
  /** The last event that the tables reflect; null before the first. */
  position(): Position | null;
  /**
   * Applies a batch and moves the checkpoint in one transaction. An event that a projection cannot apply leaves nothing
   * behind and quarantines its stream: the rest of that stream is passed over, all others go on. Throws when the
   * database cannot work; nothing of the batch stays then, and it may be applied again.
   */
  apply(batch: EventBatch): void;
  quarantined(): readonly QuarantinedStream[];
  /** Reads the checkpoint again: after a failure only the file knows whether the batch was committed. */
  reload(): void;
  /** Empties every table and begins at the start of the log. */
  startOver(): void;
}

export function createProjector({
  db,
  storeId,
  projections,
  log,
}: {
  readonly db: DatabaseSync;
  readonly storeId: string;
  readonly projections: readonly Projection[];
  readonly log: Log;
}): Projector {
  const applies = projections.map((projection) => ({ name: projection.name, apply: projection.prepare(db) }));
  const savepoint = db.prepare('SAVEPOINT event');
  const undo = db.prepare('ROLLBACK TO event');
  const release = db.prepare('RELEASE event');
  const quarantine = db.prepare(
    'INSERT INTO quarantined (stream, revision, position, type, reason) VALUES (?, ?, ?, ?, ?)',
  );
  const saveCheckpoint = db.prepare('UPDATE checkpoint SET position = ? WHERE position IS ?');

  let position: Position | null = null;
  let quarantined = new Map<string, QuarantinedStream>();
  const reload = () => {
    const checkpoint = db.prepare('SELECT store_id, position FROM checkpoint').get();
    if (checkpoint?.store_id !== storeId) return startOver();
    // Trusted: a position is stored as the store gave it.
    position = checkpoint.position as Position | null;
    const rows = db.prepare('SELECT stream, revision, position, type, reason FROM quarantined ORDER BY rowid').all();
    quarantined = new Map(rows.map((row) => [String(row.stream), { ...row } as unknown as QuarantinedStream]));
  };
  const startOver = () => {
    inTransaction(db, () => {
      const tables = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .all();
      for (const { name } of tables) db.exec(`DELETE FROM ${name}`);
      db.prepare('INSERT INTO checkpoint (only, store_id) VALUES (1, ?)').run(storeId);
    });
    position = null;
    quarantined = new Map();
  };

  /** Applies one event to all tables or to none; returns why it could not. */
  const applyEvent = (recorded: RecordedEvent): string | null => {
    let name = 'schema';
    savepoint.run();
    try {
      const projected = readEvent(recorded);
      if (projected !== null) {
        for (const projection of applies) {
          name = projection.name;
          projection.apply(projected);
        }
      }
      return null;
    } catch (error) {
      if (isSqliteFailure(error)) throw error;
      undo.run();
      return `${name}: ${error instanceof Error ? error.message : String(error)}`.slice(0, maxReasonLength);
    } finally {
      if (db.isTransaction) release.run();
    }
  };

  reload();
  return {
    position: () => position,
    quarantined: () => [...quarantined.values()],
    reload,
    startOver,
    apply(batch) {
      const last = batch.at(-1);
      if (last === undefined) return;
      const found = new Map<string, QuarantinedStream>();
      inTransaction(db, () => {
        for (const recorded of batch) {
          const { stream, revision, position: at, type } = recorded;
          if (quarantined.has(stream) || found.has(stream)) continue;
          const reason = applyEvent(recorded);
          if (reason === null) continue;
          quarantine.run(stream, revision, at, type, reason);
          found.set(stream, { stream, revision, position: at, type, reason });
        }
        if (saveCheckpoint.run(last.position, position).changes !== 1) {
          throw new Error('The checkpoint has moved: another process projects into the same file.');
        }
      });
      position = last.position;
      for (const one of found.values()) {
        quarantined.set(one.stream, one);
        log.error({ ...one }, 'An event cannot be projected: its stream is quarantined.');
      }
    },
  };
}
