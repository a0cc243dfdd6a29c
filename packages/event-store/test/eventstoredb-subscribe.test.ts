import { status } from '@grpc/grpc-js';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { startWireServer } from '@yardmaster/event-store/wire-server';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../src/eventstoredb/connection.ts';
import { followLog } from '../src/eventstoredb/subscribe.ts';

/** A subscription of which each call ends with the next of these codes; with none left it is up to the server. */
async function subscriptionThatMeets(codes: readonly status[]) {
  const server = await startWireServer({ store: createMemoryEventStore() });
  const connection = connect(server.url);
  const confirmed = Promise.withResolvers<void>();
  const ending = new AbortController();
  onTestFinished(async () => {
    await connection.close();
    await server.stop();
  });
  const left = [...codes];
  const batches = followLog({
    connection,
    signal: ending.signal,
    toEvents: () => [],
    open() {
      const live = connection.client.subscribeToAll();
      const code = left.shift();
      if (code === undefined) live.once('confirmation', confirmed.resolve);
      else live.once('confirmation', () => live.destroy(Object.assign(new Error('Broken off.'), { code })));
      return live;
    },
  });
  return { ended: batches.next(), confirmed: confirmed.promise, end: () => ending.abort() };
}

test('a subscription waits for a connection again and again, and for an answer that is unclear too', async () => {
  const outage = Array<status>(5).fill(status.UNAVAILABLE);
  const { ended, confirmed, end } = await subscriptionThatMeets([...outage, status.UNKNOWN]);
  await Promise.race([confirmed, ended]);
  end();
  expect(await ended).toEqual({ done: true, value: undefined });
});

test('a subscription gives up when one answer after the other is unclear', async () => {
  const { ended } = await subscriptionThatMeets(Array<status>(5).fill(status.UNKNOWN));
  await expect(ended).rejects.toMatchObject({ code: 'event-store-unavailable' });
});
