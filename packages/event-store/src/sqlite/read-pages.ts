import type { DatabaseSync } from 'node:sqlite';
import { whileLocked } from './open-database.ts';
import type { PageReply } from './thread-messages.ts';

/** What one page may hold, so that a long read delays appends by a few milliseconds only. The last event may exceed it. */
export const maxPageEvents = 1_000;
const maxPageCharacters = 4_000_000;
/** Stream names remembered, by id, so that reading the whole needs no join. */
const maxCachedNames = 50_000;

type Row = [
  position: number,
  streamId: number,
  revision: number,
  createdMs: number,
  type: string,
  data: string,
  metadata: string,
];

export interface ReadPages {
  readStream(stream: string, fromRevision: number, limit: number): PageReply;
  readAll(after: number, limit: number): PageReply;
  lastPosition(): number;
}

/** Reads events in pages of bounded size. Each page sees everything that was committed before it. */
export function createReadPages(database: DatabaseSync): ReadPages {
  const columns = 'position, stream_id, revision, created, type, data, meta';
  const selectAll = database.prepare(`SELECT ${columns} FROM events WHERE position > ? ORDER BY position LIMIT ?`);
  const selectStream = database.prepare(
    `SELECT ${columns} FROM events WHERE stream_id = ? AND revision >= ? ORDER BY revision LIMIT ?`,
  );
  selectAll.setReturnArrays(true);
  selectStream.setReturnArrays(true);
  const selectId = database.prepare('SELECT id FROM streams WHERE name = ?');
  const selectName = database.prepare('SELECT name FROM streams WHERE id = ?');
  const selectLast = database.prepare('SELECT max(position) AS position FROM events');
  const names = new Map<number, string>();

  const nameOf = (id: number): string => {
    const cached = names.get(id);
    if (cached !== undefined) return cached;
    const name = String(selectName.get(id)?.name);
    if (names.size >= maxCachedNames) names.clear();
    names.set(id, name);
    return name;
  };

  const page = (rows: Iterable<unknown>, limit: number): PageReply => {
    const fields: (string | number)[] = [];
    let events = 0;
    let characters = 0;
    // The statements return arrays of the columns above.
    for (const [position, streamId, revision, createdMs, type, data, metadata] of rows as Iterable<Row>) {
      fields.push(nameOf(streamId), revision, position, createdMs, type, data, metadata);
      events += 1;
      characters += data.length + metadata.length;
      if (characters >= maxPageCharacters) return { fields, more: events < limit };
    }
    return { fields, more: events === maxPageEvents && events < limit };
  };

  return {
    readStream: (stream, fromRevision, limit) =>
      whileLocked(() => {
        const id = selectId.get(stream)?.id;
        if (id === undefined) return { fields: [], more: false };
        return page(selectStream.iterate(id, fromRevision, Math.min(limit, maxPageEvents)), limit);
      }),
    readAll: (after, limit) => whileLocked(() => page(selectAll.iterate(after, Math.min(limit, maxPageEvents)), limit)),
    lastPosition: () => whileLocked(() => Number(selectLast.get()?.position ?? 0)),
  };
}
