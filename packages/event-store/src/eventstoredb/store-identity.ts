import { randomUUID } from 'node:crypto';
import type { Position as LogPosition } from '@eventstore/db-client';
import { jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { z } from 'zod';
import type { Connection } from './connection.ts';
import { failureOf, unavailable } from './failure.ts';
import { readStreamPages } from './read.ts';
import { logPositionOf, type StoredRecord } from './stored-form.ts';

/** Its event is none of ours by the rule of `stored-form.ts`, so readers of the store never see it. */
const identityStream = 'yardmaster-store';
const identityType = 'StoreIdentified';
const Identity = z.object({ storeId: z.uuid() });

/** What a server before 22.6 sends for "no position" when a stream is read: the largest number there is. */
const noPosition = 0xffff_ffff_ffff_ffffn;

export interface StoreIdentity {
  readonly storeId: string;
  /** Where the id is stored. Whoever opens a store writes it first, so a store with a prefix has no event before it. */
  readonly position: LogPosition;
}

/**
 * The id of the server's data: kept in that data, as the first event of a stream of its own, so that it is the same for
 * every process and changes only when the data is another. Written by whoever opens the store first, unless it must exist.
 * Throws EventStoreUnavailable when the server is not there, and a plain Error when waiting does not help: it is older than
 * 22.6, the stream is somebody else's, or it must exist and does not.
 */
export async function identifyStore(
  connection: Connection,
  { streamPrefix, mustExist }: { readonly streamPrefix: string; readonly mustExist: boolean },
): Promise<StoreIdentity> {
  const stream = `${streamPrefix}${identityStream}`;
  const found = await readIdentity(connection, stream);
  if (found === undefined && mustExist) throw new Error('There is no event store on the server.');
  const stored = found ?? (await writeIdentity(connection, stream));
  const position = logPositionOf(stored);
  if (position.commit === noPosition) {
    throw new Error('EventStoreDB: server version 22.6 or later is needed.');
  }
  const { success, data } = Identity.safeParse(stored.data);
  if (!success) throw new Error(`EventStoreDB: stream "${stream}" there is not Yardmaster's: another program uses it.`);
  return { storeId: data.storeId, position };
}

async function readIdentity(connection: Connection, stream: string): Promise<StoredRecord | undefined> {
  for await (const [first] of readStreamPages(connection, { stream, fromRevision: 0, limit: 1 })) return first;
  return undefined;
}

async function writeIdentity(connection: Connection, stream: string): Promise<StoredRecord> {
  const event = jsonEvent({ type: identityType, data: { storeId: randomUUID() } });
  try {
    await connection.client.appendToStream(stream, event, { expectedRevision: NO_STREAM, requiresLeader: true });
  } catch (error) {
    // Another process may have written it at the same time; the first one counts.
    if (failureOf(error) !== 'wrong-expected-revision') throw unavailable('opening the store', error);
  }
  const stored = await readIdentity(connection, stream);
  if (stored === undefined) throw unavailable('opening the store', new Error('its id cannot be read back'));
  return stored;
}
