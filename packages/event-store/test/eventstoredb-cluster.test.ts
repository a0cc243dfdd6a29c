import { status } from '@grpc/grpc-js';
import { type EventStore, EventStoreUnavailable } from '@yardmaster/application';
import { openEventStoreDb } from '@yardmaster/event-store/eventstoredb';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { aStream, idsOf, someEvents } from '@yardmaster/event-store/testing';
import { startWireCluster, type WireCluster } from '@yardmaster/event-store/wire-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readerOf } from './fixtures/subscription-reader.ts';

describe('the EventStoreDB adapter on a cluster', () => {
  let cluster: WireCluster;
  const stores: EventStore[] = [];
  beforeEach(async () => {
    cluster = await startWireCluster({ store: createMemoryEventStore(), nodes: 3 });
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.stop()));
    await cluster.stop();
  });
  const open = async (url: string) => {
    const store = await openEventStoreDb({ url });
    stores.push(store);
    return store;
  };

  /** Streams of their own, written by many at the same time; `onAppend` is called after every append. */
  async function write(store: EventStore, onAppend: (appends: number) => void, insists = false): Promise<void> {
    let appends = 0;
    const writeOne = async (stream: string) => {
      for (let revision = -1; revision < 19; revision++) {
        const events = someEvents(1);
        const send = () => store.append(stream, revision === -1 ? 'no_stream' : revision, events);
        // After a crash the same append is sent again: it may meet both attempts.
        const result = insists ? await send().catch(send) : await send();
        expect(result).toMatchObject({ ok: true, revision: revision + 1 });
        appends += 1;
        onAppend(appends);
      }
    };
    await Promise.all(Array.from({ length: 10 }, () => writeOne(aStream())));
  }

  test.each([
    { how: 'every node', url: () => cluster.url },
    { how: 'the name of the cluster', url: () => `esdb+discover://127.0.0.1:${cluster.ports[1]}?tls=false` },
    { how: 'a node that does not lead', url: () => `esdb://127.0.0.1:${cluster.ports[2]}?tls=false` },
    { how: 'every node, of which it prefers followers', url: () => `${cluster.url}&nodePreference=follower` },
    { how: 'a later name of the scheme', url: () => cluster.url.replace('esdb://', 'KurrentDB://') },
  ])('notices nothing of a leadership that moves on and on, when it knows $how', async ({ url }) => {
    const store = await open(url());
    const live = readerOf(store.subscribeToAll());
    const watching = live.until(200);
    await write(store, (appends) => {
      if (appends % 40 === 0) cluster.moveLeadership();
    });
    await watching;
    expect(idsOf(live.seen)).toEqual(idsOf(await store.readAll({ limit: 1_000 })));
    cluster.moveLeadership();
    expect(await store.lastPosition()).toBe(live.seen.at(-1)?.position);
  });

  test('goes on when the leader crashes, without a gap', async () => {
    const store = await open(cluster.url);
    const live = readerOf(store.subscribeToAll());
    const watching = live.until(200);
    let restarting = Promise.resolve();
    await write(
      store,
      (appends) => {
        if (appends === 60 || appends === 120) {
          const crashed = cluster.leader ?? 0;
          cluster.kill(crashed);
          restarting = cluster.restart(crashed);
        }
      },
      true,
    );
    await restarting;
    await watching;
    expect(idsOf(live.seen)).toEqual(idsOf(await store.readAll({ limit: 1_000 })));
  });

  test('takes its subscriptions along to another leader: the old one may have lost touch with the others', async () => {
    const store = await open(cluster.url);
    await store.append(aStream(), 'no_stream', someEvents(1));
    const live = readerOf(store.subscribeToAll());
    await live.until(1);
    cluster.moveLeadership(1);
    await store.append(aStream(), 'no_stream', someEvents(1));
    await live.until(2);
    let refusal: unknown;
    const watching = live.until(3).catch((error: unknown) => {
      refusal = error;
    });
    // It shows where the subscription is, by what ends it.
    const isRefused = () => {
      cluster.faults(1).breakSubscriptions(status.PERMISSION_DENIED);
      return refusal;
    };
    await expect.poll(isRefused, { timeout: 20_000 }).toBeInstanceOf(EventStoreUnavailable);
    await watching;
  });

  test('throws while no node leads, and goes on when one does', async () => {
    const store = await open(`${cluster.url}&maxDiscoverAttempts=2&discoveryInterval=10`);
    const live = readerOf(store.subscribeToAll());
    const watching = live.until(2);
    await store.append(aStream(), 'no_stream', someEvents(1));
    cluster.kill(0);
    cluster.kill(1);
    const stream = aStream();
    const events = someEvents(1);
    for (let attempt = 0; attempt < 10; attempt++) {
      await expect(store.append(stream, 'no_stream', events)).rejects.toBeInstanceOf(EventStoreUnavailable);
    }
    await expect(store.readStream(stream)).rejects.toThrow(/No server of the cluster was found/);
    await expect(open(cluster.url)).rejects.toBeInstanceOf(EventStoreUnavailable);
    await cluster.restart(0);
    expect(await store.append(stream, 'no_stream', events)).toMatchObject({ ok: true, revision: 0 });
    await watching;
    expect(idsOf(live.seen)).toEqual(idsOf(await store.readAll({ limit: 10 })));
  });
});
