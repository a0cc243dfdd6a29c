import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { aStream } from '@yardmaster/event-store/testing';
import { startWireCluster, type WireCluster } from '@yardmaster/event-store/wire-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

describe('a cluster of wire servers', () => {
  let cluster: WireCluster;
  const clients: EventStoreDBClient[] = [];
  beforeEach(async () => {
    cluster = await startWireCluster({ store: createMemoryEventStore(), nodes: 3 });
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.dispose()));
    await cluster.stop();
  });

  const connect = (url: string) => {
    const client = EventStoreDBClient.connectionString(url);
    clients.push(client);
    return client;
  };
  const nodeUrl = (node: number) => `esdb://127.0.0.1:${cluster.ports[node]}?tls=false`;
  const event = () => jsonEvent({ type: 'Tested', data: { a: 1 } });
  const leaderOnly = { requiresLeader: true, expectedRevision: NO_STREAM } as const;
  const countOf = async (client: EventStoreDBClient, stream: string) =>
    (await client.readStream(stream).toArray()).length;

  test('has one leader, which clients find by any of the ways to name a cluster', async () => {
    expect(cluster.leader).toBe(0);
    const discover = `esdb+discover://127.0.0.1:${cluster.ports[2]}?tls=false`;
    for (const url of [cluster.url, discover]) {
      const stream = aStream();
      await connect(url).appendToStream(stream, event(), leaderOnly);
      for (const node of [0, 1, 2]) expect(await countOf(connect(nodeUrl(node)), stream)).toBe(1);
    }
  });

  test('refuses at a follower what requires the leader, and says where that is', async () => {
    const follower = connect(nodeUrl(1));
    const notLeader = { type: 'not-leader', leader: { address: '127.0.0.1', port: cluster.ports[0] } };
    await expect(follower.appendToStream(aStream(), event(), leaderOnly)).rejects.toMatchObject(notLeader);
    const reading = connect(nodeUrl(2)).readAll({ maxCount: 1, requiresLeader: true }).toArray();
    await expect(reading).rejects.toMatchObject(notLeader);
    const stream = aStream();
    // The client has gone over to the leader, without being told to.
    await follower.appendToStream(stream, event(), leaderOnly);
    // What does not require the leader a follower passes on.
    await connect(nodeUrl(2)).appendToStream(stream, event(), { expectedRevision: 0n });
    expect(await countOf(follower, stream)).toBe(2);
  });

  test('lets a test move the leadership under a client, which follows after one refusal', async () => {
    const client = connect(cluster.url);
    await client.appendToStream(aStream(), event(), leaderOnly);
    cluster.moveLeadership();
    expect(cluster.leader).toBe(1);
    await expect(client.appendToStream(aStream(), event(), leaderOnly)).rejects.toMatchObject({ type: 'not-leader' });
    await client.appendToStream(aStream(), event(), leaderOnly);
    cluster.moveLeadership(0);
    expect(cluster.leader).toBe(0);
  });

  test('elects another leader when its own is killed, and takes the old one back as a follower', async () => {
    const client = connect(cluster.url);
    const stream = aStream();
    await client.appendToStream(stream, event(), leaderOnly);
    cluster.kill(0);
    expect(cluster.leader).toBe(1);
    await expect(client.readStream(stream).toArray()).rejects.toMatchObject({ type: 'unavailable' });
    expect(await countOf(client, stream)).toBe(1);
    await cluster.restart(0);
    expect(cluster.leader).toBe(1);
    await expect(connect(nodeUrl(0)).appendToStream(stream, event(), leaderOnly)).rejects.toMatchObject({
      type: 'not-leader',
    });
  });

  test('has no leader, and serves nobody, while fewer than half of its nodes are there', async () => {
    const last = connect(nodeUrl(2));
    cluster.kill(0);
    cluster.kill(1);
    expect(cluster.leader).toBeUndefined();
    await expect(last.readAll({ maxCount: 1 }).toArray()).rejects.toMatchObject({ type: 'unavailable' });
    const finding = connect(`${cluster.url}&maxDiscoverAttempts=2&discoveryInterval=10`);
    await expect(finding.appendToStream(aStream(), event())).rejects.toThrow('Failed to discover');
    await cluster.restart(0);
    expect(cluster.leader).toBe(0);
    const stream = aStream();
    await connect(cluster.url).appendToStream(stream, event(), leaderOnly);
    expect(await countOf(finding, stream)).toBe(1);
    // A quirk of the client (6.2.1): it keeps the failure of its question for what the server offers, for ever.
    await expect(finding.appendToStream(stream, event(), leaderOnly)).rejects.toThrow('Failed to discover');
  });
});
