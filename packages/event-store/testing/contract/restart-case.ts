import { setTimeout as delay } from 'node:timers/promises';
import { type EventStore, EventStoreUnavailable } from '@yardmaster/application';
import { expect } from 'vitest';
import { aStream, idsOf, someEvents } from '../an-event.ts';
import { after, collect, readEverything } from './contract-case.ts';

export interface RestartCase {
  /** Opens one more instance on the same data. */
  open(): Promise<EventStore>;
  /** Kills what keeps the data, as a crash would, and starts it again. May resolve before it can be used. */
  restart(): Promise<void>;
}

const ownWriters = 10;
const rivals = 3;
const appendsPerWriter = 30;
const restarts = 2;
/** A real server replays its indexes before it answers. */
const maxOutageMs = 120_000;
const retryMs = 50;

/**
 * Writers, readers and subscribers go on while the store is killed and started again, several times: nothing that was
 * acknowledged may be lost, nothing doubled, and no subscription may have a gap.
 */
export async function survivesRestarts({ open, restart }: RestartCase): Promise<void> {
  const [store, other] = [await open(), await open()];
  const start = await store.lastPosition();
  const acknowledged: string[] = [];
  const total = (ownWriters + rivals) * appendsPerWriter;
  let restarting = Promise.resolve();
  const acknowledge = (id: string) => {
    acknowledged.push(id);
    // In the middle of everything: those who append, read and subscribe do not wait for it.
    if (acknowledged.length % Math.floor(total / (restarts + 1)) === 0 && acknowledged.length < total) {
      restarting = restarting.then(restart);
    }
  };

  const [shared, marker] = [aStream('shared'), aStream('marker')];
  const own = Array.from({ length: ownWriters }, () => aStream());
  const [watched = ''] = own;
  const seen = [store, other].map((one) =>
    collect(one.subscribeToAll(after(start)), (all) => all.at(-1)?.stream === marker),
  );
  const seenOfOne = collect(store.subscribeToStream(watched), (all) => all.length >= appendsPerWriter);
  const reading = new AbortController();
  const readers = [store, other].map((one) => readAgainAndAgain({ store: one, acknowledged, signal: reading.signal }));

  const written = await Promise.all([
    ...own.map((stream, index) => writeAlone({ store: index % 2 === 0 ? store : other, stream, acknowledge })),
    ...Array.from({ length: rivals }, (_, index) =>
      writeWithRivals({ store: index % 2 === 0 ? store : other, stream: shared, acknowledge }),
    ),
  ]);
  await restarting;
  reading.abort();
  await Promise.all(readers);
  await insist(() => store.append(marker, 'no_stream', someEvents(1)));

  const late = await insist(open);
  expect(late.storeId).toBe(store.storeId);
  const stored = await readEverything(late, start);
  expect(new Set(idsOf(stored)).size).toBe(stored.length);
  expect(stored).toHaveLength(total + 1);
  for (const [index, stream] of own.entries()) expect(idsOf(await late.readStream(stream))).toEqual(written[index]);
  const ofRivals = idsOf(await late.readStream(shared));
  for (const ids of written.slice(ownWriters)) expect(ofRivals.filter((id) => ids.includes(id))).toEqual(ids);
  for (const events of await Promise.all(seen)) expect(events).toEqual(stored);
  expect(idsOf(await seenOfOne)).toEqual(written[0]);
}

interface Writer {
  readonly store: EventStore;
  readonly stream: string;
  readonly acknowledge: (id: string) => void;
}

/** Sends an append again, the very same, until it has an answer. */
async function writeAlone({ store, stream, acknowledge }: Writer): Promise<string[]> {
  const written: string[] = [];
  for (let revision = -1; revision < appendsPerWriter - 1; revision++) {
    const events = someEvents(1);
    const result = await insist(() => store.append(stream, revision === -1 ? 'no_stream' : revision, events));
    expect(result).toMatchObject({ ok: true, revision: revision + 1 });
    written.push(...idsOf(events));
    acknowledge(idsOf(events)[0] ?? '');
  }
  return written;
}

/** Decides again after every failure, by what the stream holds then: as the actors of the product do. */
async function writeWithRivals({ store, stream, acknowledge }: Writer): Promise<string[]> {
  const written: string[] = [];
  while (written.length < appendsPerWriter) {
    const events = someEvents(1);
    const [id = ''] = idsOf(events);
    for (let isWritten = false; !isWritten; ) {
      const stored = await insist(() => store.readStream(stream));
      isWritten = idsOf(stored).includes(id);
      if (isWritten) break;
      const head = stored.length === 0 ? 'no_stream' : stored.length - 1;
      isWritten = (await unlessUnavailable(store.append(stream, head, events)))?.ok === true;
    }
    written.push(id);
    acknowledge(id);
  }
  return written;
}

interface Reader {
  readonly store: EventStore;
  readonly acknowledged: readonly string[];
  readonly signal: AbortSignal;
}

/** A read shows every append that was acknowledged before it began, or throws. */
async function readAgainAndAgain({ store, acknowledged, signal }: Reader): Promise<void> {
  while (!signal.aborted) {
    const before = [...acknowledged];
    const stored = await unlessUnavailable(readEverything(store, null));
    const ids = new Set(stored === undefined ? before : idsOf(stored));
    expect(before.filter((id) => !ids.has(id))).toEqual([]);
    await delay(retryMs);
  }
}

async function insist<T>(call: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + maxOutageMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable) || performance.now() > giveUpAt) throw error;
      await delay(retryMs);
    }
  }
}

const unlessUnavailable = <T>(call: Promise<T>): Promise<T | undefined> =>
  call.catch((error: unknown) => {
    if (error instanceof EventStoreUnavailable) return undefined;
    throw error;
  });
