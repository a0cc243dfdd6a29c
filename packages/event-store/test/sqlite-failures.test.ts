import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EventStoreUnavailable, EventUnreadable } from '@yardmaster/application';
import { EventStoreNotOpened, openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import { anEvent, aStream, idsOf, someEvents } from '@yardmaster/event-store/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openStoreThread } from '../src/sqlite/open-store-thread.ts';
import { createSqliteEventStore } from '../src/sqlite/sqlite-event-store.ts';
import { collect, readEverything } from '../testing/contract/contract-case.ts';

const withoutOverride = ['setpriv', '--bounding-set', '-dac_override', '--inh-caps', '-all'];

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-store-failures-'));
  file = join(folder, 'events.db');
});
afterEach(() => rm(folder, { recursive: true }));

/** Changes a store's file behind its back. */
function alter(sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

async function openFailure(path = file): Promise<unknown> {
  const error = await openSqliteEventStore({ file: path }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EventStoreNotOpened);
  return error instanceof EventStoreNotOpened ? error.code : undefined;
}

test('names a file that is no database', async () => {
  await writeFile(
    file,
    'This is a text, and long enough to be taken for the header of a database file by mistake. '.repeat(9),
  );
  expect(await openFailure()).toBe('event-store-corrupt');
});

test('names a database of another program, and leaves it alone', async () => {
  alter('CREATE TABLE events (id INTEGER); INSERT INTO events VALUES (7)');
  expect(await openFailure()).toBe('event-store-foreign-file');
  const database = new DatabaseSync(file);
  expect(database.prepare('SELECT name FROM sqlite_schema').all()).toHaveLength(1);
  database.close();
});

test('names a file of a newer version', async () => {
  await (await openSqliteEventStore({ file })).stop();
  alter('PRAGMA user_version = 2');
  expect(await openFailure()).toBe('event-store-newer-schema');
});

test.each(['{', 'null', '7'])('names an event whose metadata became %s, and reads past it', async (metadata) => {
  const [stream, events] = [aStream(), someEvents(3)];
  const before = await openSqliteEventStore({ file });
  await before.append(stream, 'no_stream', events);
  await before.stop();
  alter(`UPDATE events SET meta = '${metadata}' WHERE position = 2`);
  const store = await openSqliteEventStore({ file });
  const failure = await store.readStream(stream).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(EventUnreadable);
  expect(failure).toMatchObject({ stream, revision: 1 });
  expect(idsOf(await store.readAll({ after: (failure as EventUnreadable).position, limit: 10 }))).toEqual(
    idsOf(events.slice(2)),
  );
  await store.stop();
});

test('names a folder that does not exist', async () => {
  expect(await openFailure(join(folder, 'missing', 'events.db'))).toBe('event-store-not-opened');
});

test('names a file that may not be written', async () => {
  await (await openSqliteEventStore({ file })).stop();
  await chmod(file, 0o444);
  await chmod(folder, 0o555);
  const openProcess = new URL('./fixtures/open-process.ts', import.meta.url).pathname;
  const command = [process.execPath, openProcess, file];
  // Nothing is forbidden to root, so the child gives up the capability that makes it so.
  const [program = '', ...args] = process.getuid?.() === 0 ? [...withoutOverride, ...command] : command;
  const { stdout } = await promisify(execFile)(program, args);
  expect(stdout).toBe('event-store-read-only\n');
  await chmod(folder, 0o755);
});

test('opens one file many times at once, and makes one store of it', async () => {
  const stores = await Promise.all(Array.from({ length: 6 }, () => openSqliteEventStore({ file })));
  expect(new Set(stores.map((store) => store.storeId)).size).toBe(1);
  await Promise.all(stores.map((store) => store.stop()));
});

test('throws on every call and in every subscription when its thread dies, and tells its owner', async () => {
  const thread = await openStoreThread(file);
  const onEnded = vi.fn();
  const store = createSqliteEventStore(thread, { onEnded });
  await store.append(aStream(), 'no_stream', someEvents(1));
  const subscription = store.subscribeToAll()[Symbol.asyncIterator]();
  await subscription.next();
  const calls = [
    subscription.next(),
    store.append(aStream(), 'no_stream', someEvents(1)),
    store.lastPosition(),
    collect(store.subscribeToStream(aStream()), () => false),
  ];
  const settled = Promise.allSettled(calls);
  await thread.kill();
  const [live, , , one] = await settled;
  for (const outcome of [live, one]) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'event-store-unavailable' } });
  }
  await expect(store.append(aStream(), 'no_stream', someEvents(1))).rejects.toBeInstanceOf(EventStoreUnavailable);
  await expect(store.readAll({ limit: 1 })).rejects.toBeInstanceOf(EventStoreUnavailable);
  await expect(store.lastPosition()).rejects.toBeInstanceOf(EventStoreUnavailable);
  await expect(collect(store.subscribeToAll(), () => false)).rejects.toBeInstanceOf(EventStoreUnavailable);
  expect(onEnded).toHaveBeenCalledOnce();
  await store.stop();
});

test('lets an append that cannot be stored take no other of its batch with it', async () => {
  await (await openSqliteEventStore({ file })).stop();
  alter(`CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.type = 'Refused' BEGIN SELECT RAISE(ABORT, 'no'); END`);
  const store = await openSqliteEventStore({ file });
  const stream = aStream();
  const appends = Array.from({ length: 20 }, (_, index) => {
    const events = [anEvent(), index === 7 ? anEvent({ type: 'Refused' }) : anEvent()];
    return { events, result: store.append(index === 7 ? stream : aStream(), 'no_stream', events) };
  });
  const settled = await Promise.allSettled(appends.map(({ result }) => result));
  const rejected = settled.flatMap((one, index) => (one.status === 'rejected' ? [{ index, reason: one.reason }] : []));
  expect(rejected).toMatchObject([{ index: 7, reason: { code: 'event-store-unavailable' } }]);
  expect(await store.readStream(stream)).toEqual([]);
  const kept = appends.filter((_, index) => index !== 7).flatMap(({ events }) => events);
  expect(idsOf(await readEverything(store, null))).toEqual(idsOf(kept));
  expect(await store.append(stream, 'no_stream', someEvents(2))).toMatchObject({ ok: true, revision: 1 });
  await store.stop();
});

test('goes on delivering after a batch that failed in part', async () => {
  await (await openSqliteEventStore({ file })).stop();
  alter(`CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.type = 'Refused' BEGIN SELECT RAISE(ABORT, 'no'); END`);
  const store = await openSqliteEventStore({ file });
  const following = collect(store.subscribeToAll(), (events) => events.length >= 30);
  for (let round = 0; round < 10; round++) {
    const appends = ['Kept', 'Refused', 'Kept', 'Kept'].map((type) =>
      store.append(aStream(), 'no_stream', [anEvent({ type })]),
    );
    await Promise.allSettled(appends);
  }
  expect(idsOf(await following)).toEqual(idsOf(await readEverything(store, null)));
  await store.stop();
});

test('waits for a lock that another process holds, and writes once it is free', async () => {
  const store = await openSqliteEventStore({ file });
  const other = new DatabaseSync(file);
  other.exec('BEGIN IMMEDIATE');
  let isSettled = false;
  const appended = store.append(aStream(), 'no_stream', someEvents(1)).finally(() => {
    isSettled = true;
  });
  // The append is sent at the end of a turn of the event loop: after some more of them the thread is at it.
  for (let turn = 0; turn < 100; turn++) await setImmediate();
  expect(isSettled).toBe(false);
  other.exec('COMMIT');
  other.close();
  expect(await appended).toMatchObject({ ok: true });
  await store.stop();
});

test('finds the events of another process when it is nudged, without waiting for a poll', async () => {
  const never = 2 ** 31 - 1;
  const [store, other] = [
    await openSqliteEventStore({ file, pollIntervalMs: never }),
    await openSqliteEventStore({ file, pollIntervalMs: never }),
  ];
  other.onCommit(() => store.nudge());
  const first = someEvents(1);
  await store.append(aStream(), 'no_stream', first);
  const subscription = store.subscribeToAll()[Symbol.asyncIterator]();
  expect(idsOf((await subscription.next()).value ?? [])).toEqual(idsOf(first));
  for (let index = 0; index < 10; index++) {
    const next = subscription.next();
    const events = someEvents(1);
    await other.append(aStream(), 'no_stream', events);
    expect(idsOf((await next).value ?? [])).toEqual(idsOf(events));
  }
  await Promise.all([store.stop(), other.stop()]);
});

test('keeps positions, ids and text that SQL could mistake', async () => {
  const store = await openSqliteEventStore({ file });
  const stream = aStream();
  const event = anEvent({
    type: `It's "quoted"; --`,
    data: { id: randomUUID().toUpperCase(), number: 2 ** 53 - 1, tiny: 5e-324 },
  });
  await store.append(stream, 'no_stream', [event]);
  expect(await store.readStream(stream)).toMatchObject([event]);
  await expect(store.readAll({ after: 'C:1/P:1' as never, limit: 1 })).rejects.toBeInstanceOf(RangeError);
  await store.stop();
});
