import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type EventStore, findBrokenLink, type RecordedEvent } from '@yardmaster/application';
import { isTerminal } from '@yardmaster/domain';
import { openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import { expect } from 'vitest';
import type { Product } from './product.ts';

const PAGE_EVENTS = 1_000;

/** Opens the store's file beside the running product, as one more process would, for as long as `use` takes. */
export async function withStore<Result>(file: string, use: (store: EventStore) => Promise<Result>): Promise<Result> {
  const store = await openSqliteEventStore({ file });
  try {
    return await use(store);
  } finally {
    await store.stop();
  }
}

export const storeFile = (product: Pick<Product, 'dataDir'>): string => join(product.dataDir, 'events.sqlite');

/** The name of every stream that holds an event. */
export async function streamNames(store: EventStore): Promise<readonly string[]> {
  const names = new Set<string>();
  for (let after: RecordedEvent['position'] | undefined; ; ) {
    const page = await store.readAll({ limit: PAGE_EVENTS, ...(after === undefined ? {} : { after }) });
    for (const { stream } of page) names.add(stream);
    after = page.at(-1)?.position;
    if (after === undefined) return [...names];
  }
}

/** Streams whose hash chain does not hold. */
export async function brokenStreams(file: string): Promise<readonly string[]> {
  return withStore(file, async (store) => {
    const broken: string[] = [];
    for (const stream of await streamNames(store)) {
      const link = findBrokenLink(await store.readStream(stream));
      if (link !== null) broken.push(`${stream}@${link.revision}: ${link.reason}`);
    }
    return broken;
  });
}

/** A copy of the store's file as it is this moment, changed by the statement. */
export function tamperedCopy(file: string, { copy, sql }: { readonly copy: string; readonly sql: string }): string {
  const original = new DatabaseSync(file);
  original.exec(`VACUUM INTO '${copy}'`);
  original.close();
  const tampered = new DatabaseSync(copy);
  const { changes } = tampered.prepare(sql).run();
  tampered.close();
  expect(changes).toBe(1);
  return copy;
}

/**
 * What must be true of every history, whatever happened to the product: it has exactly one terminal event, its last; a
 * replay to each revision gives the state that was recorded with that event; and the chain of every stream holds.
 */
export async function expectSoundHistories(product: Product, jobIds: readonly string[]): Promise<void> {
  for (const jobId of jobIds) {
    const history = await product.api.history(jobId);
    expect(history.map(({ revision }) => revision)).toEqual(history.map((_, index) => index));
    expect(history.filter(isTerminal)).toEqual(history.slice(-1));
    const replayed = await Promise.all(history.map(({ revision }) => product.api.replay(jobId, revision)));
    expect(replayed.map(({ revision, state }) => ({ revision, state }))).toEqual(
      history.map(({ revision, metadata }) => ({ revision, state: metadata.to })),
    );
  }
  expect(await brokenStreams(storeFile(product))).toEqual([]);
}

export async function eventTypes(product: Product, jobId: string): Promise<readonly string[]> {
  return (await product.api.history(jobId)).map(({ type }) => type);
}
