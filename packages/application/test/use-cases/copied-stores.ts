import { randomUUID } from 'node:crypto';
import { openEventStoreDb } from '@yardmaster/event-store/eventstoredb';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import { anEvent } from '@yardmaster/event-store/testing';
import { startWireServer } from '@yardmaster/event-store/wire-server';
import { onTestFinished } from 'vitest';
import { eventHash, genesisHash } from '../../src/hash-chain.ts';
import type { EventStore, NewEvent } from '../../src/ports/event-store.ts';
import { type CopyOptions, copyEvents } from '../../src/use-cases/copy-events.ts';
import { contentsOf, started, temporaryFile } from '../projections/opened-read-models.ts';

export async function openSqlite(file = temporaryFile('events.sqlite')): Promise<EventStore> {
  const store = await openSqliteEventStore({ file });
  onTestFinished(() => store.stop());
  return store;
}

/** The wire server, and the real client on it. */
export async function startEventStoreDb(): Promise<{ readonly url: string; readonly store: EventStore }> {
  const server = await startWireServer({ store: await openSqlite() });
  const store = await openEventStoreDb({ url: server.url });
  onTestFinished(async () => {
    await store.stop();
    await server.stop();
  });
  return { url: server.url, store };
}

/** Opens an empty store of a kind, which is stopped when the test ends. */
export const openEmpty = {
  memory: async (): Promise<EventStore> => createMemoryEventStore(),
  SQLite: () => openSqlite(),
  EventStoreDB: async () => (await startEventStoreDb()).store,
} as const;

export const copy = (from: EventStore, to: EventStore, options: Partial<CopyOptions> = {}) =>
  copyEvents({ from, to, signal: new AbortController().signal, ...options });

export const allOf = (store: EventStore) => store.readAll({ limit: 1_000_000 });

/** Everything of the events in a store that a copy has to keep, in order. */
export async function keptIn(store: EventStore) {
  const events = await allOf(store);
  return events.map(({ stream, revision, type, data, metadata }) => ({ stream, revision, type, data, metadata }));
}

/** Every table of fresh read models, row for row, but where in its store something was found. */
export async function tablesOf(store: EventStore): Promise<Record<string, unknown[]>> {
  const file = temporaryFile();
  await (await started(store, { file })).stop();
  const { checkpoint: _, ...tables } = contentsOf(file) as Record<string, Record<string, unknown>[]>;
  return Object.fromEntries(
    Object.entries(tables).map(([name, rows]) => [name, rows.map(({ position: _position, ...row }) => row)]),
  );
}

/** A stream of events with these data, chained as an actor would. With the ids of others it is a forgery of them. */
export function chained(stream: string, data: readonly unknown[], forged: readonly NewEvent[] = []): NewEvent[] {
  let hash = genesisHash;
  return data.map((one, revision) => {
    const eventId = forged[revision]?.metadata.eventId ?? randomUUID();
    const event = anEvent({ data: one, metadata: { stream, revision, eventId } });
    hash = eventHash(hash, event);
    return { ...event, metadata: { ...event.metadata, hash } };
  });
}

/** The same store, that counts the appends made to it and tells how large they were. */
export function watchAppends(store: EventStore, onAppend: (sizes: readonly number[]) => void = () => {}) {
  const sizes: number[] = [];
  const watched: EventStore = {
    ...store,
    append(stream, expectedRevision, events) {
      sizes.push(events.length);
      onAppend(sizes);
      return store.append(stream, expectedRevision, events);
    },
  };
  return { store: watched, sizes };
}
