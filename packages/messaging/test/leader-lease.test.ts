import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type LeaderLease, silentLog, systemClock } from '@yardmaster/application';
import { describe, expect, test } from 'vitest';
import { createLeaderLease, leaderLeaseMs, type NatsLink } from '../src/index.ts';
import { managerOf } from '../src/streams.ts';
import { leaderBucket, leaderLeaseSubject } from '../src/subjects.ts';
import { collector, type Messaging, openMessaging } from './messaging-fixture.ts';

/** A nats-server of its own for each test: they mostly wait, and so run beside each other. */
// biome-ignore lint/correctness/noEmptyPattern: vitest reads from this pattern which fixtures it needs.
const it = test.extend('place', async ({}, { onCleanup }) => {
  const messaging = await openMessaging();
  onCleanup(() => messaging.end());
  return aPlace(messaging);
});

/** Time that stands still unless a test moves it: no lease runs out because the machine is busy. */
function aClock() {
  let nowMs = 0;
  return {
    clock: { ...systemClock, monotonicMs: () => nowMs },
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

function aPlace(messaging: Messaging) {
  return {
    server: messaging.server,
    aCandidate(candidate: string, clock = systemClock) {
      const connection = messaging.connectServer();
      const lease = createLeaderLease({ connection, log: silentLog, candidate, clock });
      messaging.onEnd(lease.stop);
      return { lease, connection };
    },
    /** Resolves when candidates have asked so often what stands in the bucket. */
    async looks(count: number): Promise<void> {
      const client = await messaging.connectServer().whenConnected();
      const asked = collector<string>();
      client?.subscribe(`$JS.API.STREAM.MSG.GET.${leaderBucket}`, { callback: () => asked.add('asked') });
      await asked.take(count);
    },
    aLeaderProcess: (name: string) => startLeaderProcess(messaging, name),
  };
}

/** Resolves when it is so, which is looked at whenever something changes. */
function until(lease: LeaderLease, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const watching = lease.onChange(() => {
      if (!isSo()) return;
      resolve();
      queueMicrotask(() => void watching.stop());
    });
  });
}

const leads = (lease: LeaderLease) => until(lease, () => lease.leading);
const knows = (lease: LeaderLease, leader: string | null) => until(lease, () => lease.leader === leader);

async function startLeaderProcess(messaging: Messaging, name: string) {
  const file = join(import.meta.dirname, 'lease-candidate.ts');
  const child: ChildProcess = fork(file, [messaging.server.url, messaging.serverSeed, name]);
  messaging.onEnd(async () => void (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')));
  const told: { readonly moment: string; readonly leading: boolean }[] = [];
  const listeners = new Set<() => void>();
  child.on('message', (message) => {
    told.push(message as (typeof told)[number]);
    for (const listener of listeners) listener();
  });
  const says = (moment: string, leading?: boolean) =>
    new Promise<(typeof told)[number]>((resolve) => {
      const look = () => {
        const found = told.find((each) => each.moment === moment && (leading ?? each.leading) === each.leading);
        if (found === undefined) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      look();
    });
  await says('changed', true);
  return { child, says };
}

describe.concurrent('of several candidates', () => {
  it('one leads, and the others know which', async ({ place: { aCandidate, looks } }) => {
    const { clock } = aClock();
    const candidates = ['a', 'b', 'c'].map((name) => aCandidate(name, clock).lease);
    await Promise.race(candidates.map(leads));
    const [leader] = candidates.filter(({ leading }) => leading);
    await Promise.all(candidates.map((lease) => knows(lease, leader?.leader ?? null)));
    await looks(6);
    expect(candidates.filter(({ leading }) => leading)).toEqual([leader]);
  });

  it('one leads, even if all are called the same', async ({ place: { aCandidate, looks } }) => {
    const { clock } = aClock();
    const [first, second] = [aCandidate('server', clock).lease, aCandidate('server', clock).lease];
    await Promise.race([leads(first), leads(second)]);
    const leader = first.leading ? first : second;
    await looks(6);
    expect([first, second].filter(({ leading }) => leading)).toEqual([leader]);
  });

  it('another leads as soon as the leader gives the lease back, and finds what it noted', async ({
    place: { aCandidate },
  }) => {
    const { lease: first } = aCandidate('first');
    await leads(first);
    const { lease: second } = aCandidate('second');
    await knows(second, 'first');
    first.note('reports', '17');
    second.note('reports', 'not for who stands by to say');
    await first.stop();
    expect([first.leading, first.leader]).toEqual([false, null]);
    await leads(second);
    expect(second.noted('reports')).toBe('17');
    expect(second.noted('other')).toBeNull();
  });

  it('another leads when the leader stands aside, and that one when nobody else will', async ({
    place: { aCandidate },
  }) => {
    const { lease: first } = aCandidate('first');
    await leads(first);
    const { lease: second } = aCandidate('second');
    await knows(second, 'first');
    first.standAside(1_000);
    await leads(second);
    expect(first.leading).toBe(false);
    await second.stop();
    await leads(first);
  });

  it('another leads when the process of the leader is killed', async ({ place: { aCandidate, aLeaderProcess } }) => {
    const { child } = await aLeaderProcess('first');
    const { lease: second } = aCandidate('second');
    await knows(second, 'first');
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    await leads(second);
  });

  it('another leads when the leader stands still, and that one does not when it goes on', async ({
    place: { aCandidate, looks, aLeaderProcess },
  }) => {
    const { child, says } = await aLeaderProcess('first');
    const { lease: second } = aCandidate('second');
    await knows(second, 'first');
    child.kill('SIGSTOP');
    await leads(second);
    child.kill('SIGCONT');
    expect(await says('continued')).toMatchObject({ leading: false });
    expect(await says('changed', false)).toMatchObject({ leading: false });
    await looks(4);
    expect([second.leading, second.leader]).toEqual([true, 'second']);
  });

  it('another leads when the leader has lost its connection for good, and both know it', async ({
    place: { aCandidate },
  }) => {
    const { lease: first, connection } = aCandidate('first');
    await leads(first);
    const { lease: second } = aCandidate('second');
    await knows(second, 'first');
    await connection.stop();
    await Promise.all([until(first, () => !first.leading), leads(second)]);
    expect([first.leading, first.leader]).toEqual([false, null]);
  });
});

describe.concurrent('a candidate that hears nothing', () => {
  it('says after a whole lease that it does not know who leads', async ({ place: { aCandidate } }) => {
    const { clock, pass } = aClock();
    const { lease: first } = aCandidate('first');
    await leads(first);
    const { lease: second, connection } = aCandidate('second', clock);
    await knows(second, 'first');
    await connection.stop();
    expect(second.leader).toBe('first');
    pass(leaderLeaseMs);
    expect(second.leader).toBeNull();
  });

  it('knows it again as soon as the message server answers', async ({ place: { server, aCandidate } }) => {
    const { lease: first } = aCandidate('first');
    await leads(first);
    const { lease: second } = aCandidate('second');
    await knows(second, 'first');
    process.kill(server.pid, 'SIGSTOP');
    await Promise.all([knows(first, null), knows(second, null)]).finally(() => process.kill(server.pid, 'SIGCONT'));
    await Promise.race([leads(first), leads(second)]);
    await Promise.all([until(first, () => first.leader !== null), until(second, () => second.leader !== null)]);
    expect(second.leader).toBe(first.leader);
  });
});

describe.concurrent('a candidate that stood still', () => {
  it('takes the silence of that time for its own, and waits for another whole one', async ({
    place: { aCandidate, looks },
  }) => {
    const { lease: first, connection } = aCandidate('first');
    await leads(first);
    const { clock, pass } = aClock();
    const { lease: second } = aCandidate('second', clock);
    await knows(second, 'first');
    await looks(2);
    await connection.stop();
    await until(first, () => !first.leading);
    pass(4 * leaderLeaseMs);
    await looks(3);
    expect(second.leading).toBe(false);
    for (let passedMs = 500; passedMs < leaderLeaseMs; passedMs += 500) {
      pass(500);
      await looks(2);
      expect(second.leading).toBe(false);
    }
    pass(500);
    await leads(second);
  });
});

describe.concurrent('the lease', () => {
  const clientOf = async (connection: NatsLink) => {
    const client = await connection.whenConnected();
    if (client === null) throw new Error('the connection ended');
    return client;
  };

  it('is held by one again when the message server comes back having forgotten everything', async ({
    place: { server, aCandidate, looks },
  }) => {
    const { clock, pass } = aClock();
    const candidates = ['a', 'b'].map((name) => aCandidate(name, clock).lease);
    await Promise.race(candidates.map(leads));
    const [leader] = candidates.filter(({ leading }) => leading);
    leader?.note('reports', '17');
    await server.kill();
    pass(leaderLeaseMs);
    await Promise.all(candidates.map((lease) => until(lease, () => !lease.leading)));
    await rm(server.jetStreamDir, { recursive: true });
    await server.restart();
    await Promise.race(candidates.map(leads));
    const [next] = candidates.filter(({ leading }) => leading);
    await Promise.all(candidates.map((lease) => knows(lease, next?.leader ?? null)));
    await looks(4);
    expect(candidates.filter(({ leading }) => leading)).toEqual([next]);
  });

  it('stays with the leader when its bucket is removed, with what was noted', async ({
    place: { aCandidate, looks },
  }) => {
    const { clock } = aClock();
    const { lease: first, connection } = aCandidate('first', clock);
    await leads(first);
    const { lease: second } = aCandidate('second', clock);
    await knows(second, 'first');
    first.note('reports', '17');
    const manager = await managerOf(await clientOf(connection));
    await manager.streams.delete(leaderBucket);
    await looks(4);
    expect([first.leading, second.leading]).toEqual([true, false]);
    await first.stop();
    await leads(second);
    expect(second.noted('reports')).toBe('17');
  });

  it('stays with the leader when something else is written into its place', async ({
    place: { aCandidate, looks },
  }) => {
    const { clock } = aClock();
    const { lease: first, connection } = aCandidate('first', clock);
    await leads(first);
    const { lease: second } = aCandidate('second', clock);
    await knows(second, 'first');
    (await clientOf(connection)).publish(leaderLeaseSubject, '{"type":"io.nats.jetstream.api.v1.whatever"}');
    await looks(6);
    expect([first.leading, second.leading, second.leader]).toEqual([true, false, 'first']);
  });

  it('is kept over a restart of the message server', async ({ place: { server, aCandidate, looks } }) => {
    const { clock } = aClock();
    const { lease: first } = aCandidate('first', clock);
    await leads(first);
    const changes: boolean[] = [];
    first.onChange(() => changes.push(first.leading));
    const { lease: second } = aCandidate('second', clock);
    await knows(second, 'first');
    await server.kill();
    await server.restart();
    await looks(4);
    expect(changes).not.toContain(false);
    expect(second.leading).toBe(false);
  });

  it('takes no more notes than others can read', async ({ place: { aCandidate } }) => {
    const { lease } = aCandidate('first');
    await leads(lease);
    expect(() => lease.note('reports', 'x'.repeat(1_001))).toThrow('Too much');
    expect(() => lease.note('x'.repeat(65), '1')).toThrow('Too much');
    for (let count = 0; count < 16; count += 1) lease.note(`note-${count}`, '1');
    expect(() => lease.note('one-more', '1')).toThrow('Too much');
  });
});
