import { join } from 'node:path';
import type { Clock, EventBatch, EventStore, Log, ReadModels, Running } from '@yardmaster/application';
import { z } from 'zod';
import { putFile, readIfThere } from '../private-files.ts';

/** How often the record follows the history: what was recorded since is missed when another store lacks only that. */
const saveEveryMs = 2_000;

const Head = z.object({ stream: z.string(), revision: z.int(), hash: z.string() });
type Head = z.infer<typeof Head>;

/** What a data directory knows of the event store that it was used with: which it is, and its last event. */
const HistoryRecord = z.object({ storeId: z.string(), head: Head.nullable() });
type HistoryRecord = z.infer<typeof HistoryRecord>;

/** The event store holds another history than the data directory belongs to. Waiting does not help. */
export class AnotherHistory extends Error {
  readonly code = 'another-history';
  override readonly name = 'AnotherHistory';
}

export interface OneHistoryOptions {
  readonly dataDir: string;
  readonly store: EventStore;
  /** How the store is named to a person. */
  readonly name: string;
  /** The store is a file in the data directory, not a server that others may use. */
  readonly isOwnFile: boolean;
  /** There are read models in the data directory: it was used, perhaps by a version that made no record. */
  readonly wasUsed: boolean;
  /** A new data directory may be used with a store that another one has written to. */
  readonly takeOver: boolean;
}

/**
 * Keeps a data directory and a history together: the uploads, outputs and logs in the one belong to the builds of the
 * other, and what no build refers to is removed. Another event store is accepted where it holds the last event that the
 * data directory has seen, which is so after `yardmaster copy`. Throws {@link AnotherHistory} otherwise, and for a new
 * data directory on a server that holds the history of another.
 */
export async function assertOneHistory(options: OneHistoryOptions): Promise<void> {
  const { dataDir, store, name } = options;
  const known = await readRecord(dataDir);
  if (known === null) await assertUnused(options);
  else if (known.storeId !== store.storeId && known.head !== null && !(await holds(store, known.head))) {
    throw new AnotherHistory(
      `${name} does not hold the history that ${dataDir} belongs to, or not all of it. Start with the event store that was ` +
        'used last (EVENTSTORE_URL, or none), copy that one to this one first (yardmaster copy), or choose another YARDMASTER_DATA_DIR.',
    );
  }
  if (known?.storeId !== store.storeId)
    await writeRecord(dataDir, { storeId: store.storeId, head: known?.head ?? null });
}

/** For a data directory without a record. */
async function assertUnused({ dataDir, store, name, isOwnFile, wasUsed, takeOver }: OneHistoryOptions): Promise<void> {
  if (isOwnFile || wasUsed || takeOver) return;
  if ((await store.lastPosition()) === null) return;
  throw new AnotherHistory(
    `${name} holds the history of another data directory, and ${dataDir} is new. Two Yardmasters cannot share an event store: ` +
      'start on that data directory. If it is lost, YARDMASTER_TAKE_OVER_STORE=true goes on without its uploads, outputs and logs.',
  );
}

async function holds(store: EventStore, { stream, revision, hash }: Head): Promise<boolean> {
  const [event] = await store.readStream(stream, { fromRevision: revision, limit: 1 });
  return event?.metadata.hash === hash;
}

/** Records the last event of the history every few seconds, and when it stops. `readModels` have not been started yet. */
export function recordHead(options: {
  readonly dataDir: string;
  readonly readModels: Pick<ReadModels, 'storeId' | 'onBatch'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Resolves when the read models have caught up: what they make anew before is no news. */
  readonly caughtUp: Promise<void>;
}): Running {
  const { dataDir, readModels, clock, log, caughtUp } = options;
  let head: Head | null = null;
  let saved: Head | null = null;
  let isCaughtUp = false;
  let isStopped = false;
  let timer = { cancel() {} };
  let saving: Promise<void> = Promise.resolve();
  const listening = readModels.onBatch((batch: EventBatch) => {
    const last = batch.at(-1);
    if (last !== undefined) head = { stream: last.stream, revision: last.revision, hash: last.metadata.hash };
  });
  caughtUp.then(
    () => {
      isCaughtUp = true;
      if (!isStopped) tick();
    },
    () => undefined, // The start fails.
  );

  function tick(): void {
    saving = save();
    timer = clock.setTimer(saveEveryMs, tick);
  }

  async function save(): Promise<void> {
    if (!isCaughtUp || head === null || head === saved) return;
    const next = head;
    try {
      await writeRecord(dataDir, { storeId: readModels.storeId, head: next });
      saved = next;
    } catch (error) {
      log.warn({ error }, 'The last event of the history could not be noted in the data directory.');
    }
  }

  return {
    async stop() {
      isStopped = true;
      timer.cancel();
      await listening.stop();
      await saving;
      await save();
    },
  };
}

const fileIn = (dataDir: string): string => join(dataDir, 'event-store.json');

async function readRecord(dataDir: string): Promise<HistoryRecord | null> {
  const text = await readIfThere(fileIn(dataDir));
  if (text === null) return null;
  try {
    return HistoryRecord.parse(JSON.parse(text));
  } catch (cause) {
    throw new AnotherHistory(
      `${fileIn(dataDir)} is damaged. Delete it if the event store is the one that this data directory was used with.`,
      { cause },
    );
  }
}

const writeRecord = (dataDir: string, record: HistoryRecord): Promise<void> =>
  putFile(fileIn(dataDir), `${JSON.stringify(record)}\n`);
