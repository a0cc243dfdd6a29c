import { createChainCheck, type EventStore, type RecordedEvent } from '@yardmaster/application';
import { isTerminal } from '@yardmaster/domain';
import { openEventStore } from '@yardmaster/event-store/open';
import { expect } from 'vitest';
import type { Product } from './product.ts';

const PAGE_EVENTS = 500;

/** Opens the store at a location beside the running product, as one more process would, for as long as `use` takes. */
export async function withStore<Result>(
  location: string,
  use: (store: EventStore) => Promise<Result>,
): Promise<Result> {
  const store = await openEventStore(location);
  try {
    return await use(store);
  } finally {
    await store.stop();
  }
}

/** Where the hash chain of a stream does not hold, of every stream of the store at that location. */
export function brokenLinks(storeLocation: string): Promise<readonly string[]> {
  return withStore(storeLocation, async (store) => {
    const check = createChainCheck();
    const broken: string[] = [];
    for (let after: RecordedEvent['position'] | undefined; ; ) {
      const page = await store.readAll({ limit: PAGE_EVENTS, ...(after === undefined ? {} : { after }) });
      for (const event of page) {
        const link = check.next(event);
        if (link !== null) broken.push(`${link.stream}@${link.revision}: ${link.reason}`);
      }
      after = page.at(-1)?.position;
      if (after === undefined) return broken;
    }
  });
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
  expect(await brokenLinks(product.storeLocation)).toEqual([]);
}

export async function eventTypes(product: Product, jobId: string): Promise<readonly string[]> {
  return (await product.api.history(jobId)).map(({ type }) => type);
}
