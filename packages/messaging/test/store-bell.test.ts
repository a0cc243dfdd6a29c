import { setImmediate as nextTurn } from 'node:timers/promises';
import { silentLog } from '@yardmaster/application';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type SharedStore, startStoreBell } from '../src/index.ts';
import { becomes, collector, type Messaging, openMessaging } from './messaging-fixture.ts';

let messaging: Messaging;
beforeEach(async () => {
  messaging = await openMessaging();
});
afterEach(() => messaging.end());

/** One process on a store: `commit` as the store calls it, and the nudges that it gets. */
async function aProcess(storeId: string) {
  const nudges = collector<true>();
  const listeners = new Set<() => void>();
  const store: SharedStore = {
    storeId,
    nudge: () => nudges.add(true),
    onCommit(listener) {
      listeners.add(listener);
      return { stop: async () => void listeners.delete(listener) };
    },
  };
  const connection = messaging.connectServer();
  const bell = startStoreBell({ connection, store, log: silentLog });
  messaging.onEnd(bell.stop);
  await becomes(connection, true);
  await connection.client?.flush(); // the server knows of the subscription
  const commit = () => {
    for (const listener of listeners) listener();
  };
  return { nudges, commit, connection, bell, listeners };
}

test('tells the others on the same store of a commit, and nobody else', async () => {
  const [writer, reader, other] = [await aProcess('a'), await aProcess('a'), await aProcess('b')];
  writer.commit();
  await reader.nudges.take(1);
  other.commit();
  reader.commit();
  await writer.nudges.take(1);
  // What was sent before the answer to a flush has been handled by then.
  for (const { connection } of [reader, other, writer]) await connection.client?.flush();
  expect([writer, reader, other].map(({ nudges }) => nudges.items.length)).toEqual([1, 1, 0]);
});

test('tells once of many commits in a moment, and tells of the last of them', async () => {
  const [writer, reader] = [await aProcess('a'), await aProcess('a')];
  let heardOf = 0;
  let committed = 0;
  const heardOfLast = Promise.withResolvers<void>();
  reader.nudges.add = () => {
    reader.nudges.items.push(true);
    heardOf = committed;
    if (heardOf === 500) heardOfLast.resolve();
  };
  while (committed < 500) {
    committed += 1;
    writer.commit();
    if (committed % 100 === 0) await nextTurn();
  }
  await heardOfLast.promise;
  expect(reader.nudges.items.length).toBeLessThan(100);
});

test('goes on after the message server was away, and commits meanwhile are no error', async () => {
  const [writer, reader] = [await aProcess('a'), await aProcess('a')];
  await messaging.server.kill();
  await Promise.all([becomes(writer.connection, false), becomes(reader.connection, false)]);
  writer.commit();
  await messaging.server.restart();
  await Promise.all([becomes(writer.connection, true), becomes(reader.connection, true)]);
  await reader.connection.client?.flush();
  writer.commit();
  await reader.nudges.take(1);
});

test('listens to no commits any more when it is stopped', async () => {
  const writer = await aProcess('a');
  writer.commit();
  await writer.bell.stop();
  expect(writer.listeners.size).toBe(0);
});
