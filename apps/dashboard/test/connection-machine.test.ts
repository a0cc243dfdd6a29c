import type { JobSummary, ServerFrame, UserQueue } from '@yardmaster/protocol';
import { describe, expect, test } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import { displayOfConnection } from '../src/features/connection/connection-display.ts';
import {
  createConnectionMachine,
  openTimeoutMs,
  pollIntervalMs,
  provenAfterMs,
  retryDelayMs,
} from '../src/features/connection/connection-machine.ts';
import type { Mark, SocketListener } from '../src/features/connection/live-socket.ts';
import { notSignedIn, RequestFailed, unreachable } from '../src/shared/api/api.ts';
import { jobSummary } from './job-summary.ts';

const emptyQueue: UserQueue = {
  activeJobs: [],
  completedJobs: [],
  totalActive: 0,
  totalCompleted: 0,
  page: 1,
  pageSize: 10,
  statistics: { waiting: 0, building: 0, averageWaitMs: null, averageBuildMs: null },
};

/** The connection with the world around it in the test's hands. Random delays are at their longest. */
function connect() {
  const clock = new SimulatedClock();
  const sockets: { readonly mark: Mark | null; readonly listener: SocketListener; closed: boolean }[] = [];
  const polls: PromiseWithResolvers<UserQueue>[] = [];
  const snapshots: (readonly JobSummary[])[] = [];
  const updates: JobSummary[] = [];
  let networkIsBack = () => {};
  const machine = createConnectionMachine({
    openSocket(mark, listener) {
      const socket = { mark, listener, closed: false };
      sockets.push(socket);
      return () => {
        socket.closed = true;
      };
    },
    fetchQueue() {
      const poll = Promise.withResolvers<UserQueue>();
      polls.push(poll);
      return poll.promise;
    },
    store: { replace: (jobs) => snapshots.push(jobs), put: (job) => updates.push(job) },
    random: () => 0,
    onOnline(callback) {
      networkIsBack = callback;
      return () => {
        networkIsBack = () => {};
      };
    },
  });
  const actor = createActor(machine, { clock }).start();
  const socket = () => {
    const last = sockets.at(-1);
    if (last === undefined) throw new Error('no socket was opened');
    return last;
  };
  return {
    actor,
    clock,
    sockets,
    polls,
    snapshots,
    updates,
    socket,
    networkIsBack: () => networkIsBack(),
    lose: () => socket().listener.ended({ kind: 'lost', resumable: true }),
    shows: () => displayOfConnection(actor.getSnapshot()).text,
  };
}

const frame = (given: Partial<ServerFrame>): ServerFrame => ({
  topic: 'queue',
  type: 'update',
  position: '7',
  storeId: 'store-1',
  ...given,
});

/** What a settled promise sets off inside a machine has happened after the next turn of the event loop. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the connection', () => {
  test('is live once the socket is open, and hands frames to the store', () => {
    const { socket, shows, snapshots, updates } = connect();
    expect(shows()).toBe('Connecting');
    socket().listener.opened();
    expect(shows()).toBe('Live');
    socket().listener.frame(frame({ type: 'snapshot', jobs: [jobSummary({ id: 'a' })] }));
    socket().listener.frame(frame({ job: jobSummary({ id: 'b' }) }));
    expect(snapshots.map((jobs) => jobs.map(({ id }) => id))).toEqual([['a']]);
    expect(updates.map(({ id }) => id)).toEqual(['b']);
  });

  test('resumes after the last position it was told', () => {
    const { socket, sockets, clock, lose } = connect();
    expect(socket().mark).toBeNull();
    socket().listener.opened();
    socket().listener.frame(frame({ position: '7' }));
    socket().listener.frame(frame({ position: '9' }));
    lose();
    clock.increment(retryDelayMs(1, 0));
    expect(sockets).toHaveLength(2);
    expect(socket().mark).toEqual({ position: '9', storeId: 'store-1' });
  });

  test('begins anew after a frame that it does not understand', () => {
    const { socket, clock } = connect();
    socket().listener.opened();
    socket().listener.frame(frame({}));
    socket().listener.ended({ kind: 'lost', resumable: false });
    clock.increment(retryDelayMs(1, 0));
    expect(socket().mark).toBeNull();
  });

  test('waits longer after every failure in a row, up to a bound', () => {
    const { sockets, clock, lose } = connect();
    for (let failures = 1; failures <= 12; failures += 1) {
      lose();
      clock.increment(retryDelayMs(failures, 0) - 1);
      expect(sockets).toHaveLength(failures);
      clock.increment(1);
      expect(sockets).toHaveLength(failures + 1);
    }
    expect(retryDelayMs(1, 0)).toBe(500);
    expect(retryDelayMs(12, 0)).toBe(15_000);
    expect(retryDelayMs(12, 1)).toBe(10_000);
  });

  test('gives up a socket that does not open, and tries another', () => {
    const { sockets, clock } = connect();
    clock.increment(openTimeoutMs);
    expect(sockets[0]?.closed).toBe(true);
    clock.increment(retryDelayMs(1, 0));
    expect(sockets).toHaveLength(2);
  });

  test('tries at once when the network comes back', () => {
    const { sockets, lose, networkIsBack } = connect();
    lose();
    networkIsBack();
    expect(sockets).toHaveLength(2);
  });

  test('asks every two seconds from the second failure on, and stops when a socket is good again', async () => {
    const { socket, polls, snapshots, clock, lose, shows } = connect();
    lose();
    expect(polls).toHaveLength(0);
    clock.increment(retryDelayMs(1, 0));
    lose();
    expect(polls).toHaveLength(1);
    polls[0]?.resolve({ ...emptyQueue, activeJobs: [jobSummary({ id: 'a' })] });
    await settled();
    expect(snapshots.at(-1)?.map(({ id }) => id)).toEqual(['a']);
    expect(shows()).toBe('Every 2 s');
    clock.increment(pollIntervalMs);
    expect(polls).toHaveLength(2);
    polls[1]?.resolve(emptyQueue);
    await settled();

    socket().listener.opened();
    socket().listener.frame(frame({ type: 'snapshot', jobs: [] }));
    expect(shows()).toBe('Live');
    clock.increment(5 * pollIntervalMs);
    expect(polls).toHaveLength(2);
  });

  test('takes a socket for good that stays open, though there is nothing to tell', () => {
    const { socket, actor, clock, lose } = connect();
    lose();
    clock.increment(retryDelayMs(1, 0));
    socket().listener.opened();
    expect(actor.getSnapshot().context.failures).toBe(1);
    clock.increment(provenAfterMs);
    expect(actor.getSnapshot().context.failures).toBe(0);
  });

  test('says that it is offline while polls fail too, and goes on asking', async () => {
    const { polls, clock, lose, shows } = connect();
    lose();
    clock.increment(retryDelayMs(1, 0));
    lose();
    polls[0]?.reject(new RequestFailed(unreachable));
    await settled();
    expect(shows()).toBe('Offline');
    clock.increment(pollIntervalMs);
    polls[1]?.resolve(emptyQueue);
    await settled();
    expect(shows()).toBe('Every 2 s');
  });

  test('opens a socket at once when a server that was away answers a poll', async () => {
    const { polls, sockets, clock, lose } = connect();
    for (const failures of [1, 2, 3]) {
      lose();
      clock.increment(retryDelayMs(failures, 0));
    }
    lose();
    polls[0]?.reject(new RequestFailed(unreachable));
    await settled();
    clock.increment(pollIntervalMs);
    expect(sockets).toHaveLength(4);
    polls[1]?.resolve(emptyQueue);
    await settled();
    expect(sockets).toHaveLength(5);
  });

  test('asks at once when this page changed something', async () => {
    const { actor, polls, clock, lose } = connect();
    lose();
    clock.increment(retryDelayMs(1, 0));
    lose();
    polls[0]?.resolve(emptyQueue);
    await settled();
    actor.send({ type: 'refresh' });
    expect(polls).toHaveLength(2);
  });

  test.each(['socket', 'poll'])(
    'ends, and closes everything, when the %s says that nobody is signed in',
    async (who) => {
      const { actor, socket, sockets, polls, clock, lose } = connect();
      if (who === 'socket') {
        socket().listener.ended({ kind: 'signed-out' });
      } else {
        lose();
        clock.increment(retryDelayMs(1, 0));
        lose();
        polls[0]?.reject(new RequestFailed({ code: notSignedIn, message: 'Sign in.', hint: null }));
        await settled();
      }
      expect(actor.getSnapshot().matches('signedOut')).toBe(true);
      expect(sockets.every(({ closed }) => closed)).toBe(true);
    },
  );
});
