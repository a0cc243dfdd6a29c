import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createActors, type EventStore, systemClock } from '@yardmaster/application';
import { UserId } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { openEventStore } from '@yardmaster/event-store/open';
import { startWireServer } from '@yardmaster/event-store/wire-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type CommandIo, UsageError } from '../../src/command.ts';
import { command as verify } from '../../src/commands/verify.ts';
import { anIo } from '../client/small-server.ts';
import { temporaryFolder } from '../up/temporary-folder.ts';

/** Three websites, each with three events. */
async function addWebsites(store: EventStore): Promise<void> {
  const { website } = createActors({ store, clock: systemClock, newId: randomUUID, random: () => 0 });
  const [ownerId, by] = [UserId.parse('ada'), { actor: { kind: 'system', name: 'test' } } as const];
  for (const id of ['a', 'b', 'c']) {
    await website.handle(id, { type: 'CreateWebsite', name: 'Garden club', slug: `garden-${id}`, ownerId }, by);
    await website.handle(id, { type: 'RenameWebsite', name: 'Allotments' }, by);
    await website.handle(id, { type: 'RenameWebsite', name: 'Orchard' }, by);
  }
}

/** A data directory with a store of nine events. */
async function aDataDir(): Promise<{ readonly folder: string; readonly file: string }> {
  const folder = temporaryFolder();
  const file = join(folder, 'events.sqlite');
  const store = await openEventStore(file);
  await addWebsites(store);
  await store.stop();
  return { folder, file };
}

/** What somebody with the file and a SQLite shell can do. */
function tamper(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  expect(database.prepare(sql).run().changes).toBe(1);
  database.close();
}

const eventOf = (stream: string, revision: number) =>
  `WHERE revision = ${revision} AND stream_id = (SELECT id FROM streams WHERE name = '${stream}')`;

async function run(args: readonly string[], changes: Partial<CommandIo> = {}) {
  const { io, words } = anIo(changes);
  const code = await verify.run(args, io);
  return { code, ...words };
}

describe('a sound store', () => {
  test('ends with 0, and the answer has the amounts and the digest', async () => {
    const { file } = await aDataDir();
    const { code, out } = await run([file]);
    expect(code).toBe(0);
    expect(out).toContain(`Sound: 9 events in 3 streams in ${file}.`);
    expect(out).toMatch(/^Digest of all chains: [0-9a-f]{64}$/m);
  });

  test('is that of the data directory when none is named', async () => {
    const { folder, file } = await aDataDir();
    const { code, out } = await run([], { env: { YARDMASTER_DATA_DIR: folder } });
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining(file) });
  });

  test('is one line of JSON with --json', async () => {
    const { file } = await aDataDir();
    const { out } = await run([file, '--json']);
    expect(out.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(out)).toMatchObject({ store: file, events: 9, streams: 3, findings: 0, named: [] });
  });

  test('may be in use', async () => {
    const { file } = await aDataDir();
    const store = await openEventStore(file);
    onTestFinished(() => store.stop());
    expect((await run([file])).code).toBe(0);
    const answer = await store.append('thing-1', 'no_stream', []).catch((error: Error) => error.message);
    expect(answer).toBe('An append needs at least one event.');
  });

  test('has the same digest as an EventStoreDB', async () => {
    const { file } = await aDataDir();
    const [digest] = /[0-9a-f]{64}/.exec((await run([file])).out) ?? [];
    const store = await openEventStore(file);
    const server = await startWireServer({ store });
    onTestFinished(async () => {
      await server.stop();
      await store.stop();
    });
    // Whoever opens a server first makes it an event store of Yardmaster.
    await (await openEventStore(server.url)).stop();
    const { code, out } = await run([], { env: { EVENTSTORE_URL: server.url } });
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('Sound: 9 events in 3 streams in esdb://') });
    expect(out).toContain(`Digest of all chains: ${digest}`);
  });
});

describe('a store that was tampered with ends with 1 and names', () => {
  test.each([
    [
      'a changed byte of the data',
      `UPDATE events SET data = replace(data, 'Allotments', 'Allotmentz') ${eventOf('website-b', 1)}`,
    ],
    [
      'a changed byte of the metadata',
      `UPDATE events SET meta = replace(meta, 'test', 'tesu') ${eventOf('website-b', 1)}`,
    ],
    ['a changed type', `UPDATE events SET type = 'WebsiteDeleted' ${eventOf('website-b', 1)}`],
    [
      'data that is nested more deeply than anything can follow',
      `UPDATE events SET data = replace(hex(zeroblob(50000)), '0', '[') || replace(hex(zeroblob(50000)), '0', ']')
       ${eventOf('website-b', 1)}`,
    ],
    ['a removed event', `DELETE FROM events ${eventOf('website-b', 1)}`],
  ])('%s', async (_, sql) => {
    const { file } = await aDataDir();
    tamper(file, sql);
    const { code, out } = await run([file]);
    expect(code).toBe(1);
    expect(out).toContain(`1 finding among`);
    expect(out).toContain('find out who or what wrote to the store');
    expect(out).toMatch(/^ {2}website-b, revision 1: \S/m);
  });

  test('what it finds as JSON too', async () => {
    const { file } = await aDataDir();
    tamper(file, `UPDATE events SET data = '{"name":"Orchid"}' ${eventOf('website-c', 2)}`);
    const { code, out } = await run([file, '--json']);
    const named = [
      { kind: 'broken-link', stream: 'website-c', revision: 2, reason: 'The event is not what was recorded.' },
    ];
    expect({ code, report: JSON.parse(out) }).toMatchObject({ code: 1, report: { findings: 1, named } });
  });

  test('nothing that acts on the terminal', async () => {
    const { file } = await aDataDir();
    tamper(file, `UPDATE streams SET name = 'website-' || char(27) || '[2Jb' WHERE name = 'website-b'`);
    const { code, out } = await run([file]);
    expect(code).toBe(1);
    expect(out).toContain('  website-b, revision 0: The event was moved from another place.');
    expect(out).not.toContain('\u001b');
  });

  test('events that cannot be read, and what is wrong after them', async () => {
    const { file } = await aDataDir();
    tamper(file, `UPDATE events SET data = replace(data, '{', '(') ${eventOf('website-a', 0)}`);
    tamper(file, `UPDATE events SET meta = replace(meta, '}', ')') ${eventOf('website-b', 1)}`);
    tamper(file, `UPDATE events SET data = '{}' ${eventOf('website-c', 2)}`);
    const { code, out } = await run([file]);
    expect(code).toBe(1);
    expect(out).toContain('3 findings among 9 events in 3 streams');
    expect(out).toContain('  website-a, revision 0: The store cannot read the event.');
    expect(out).toContain('  website-b, revision 1: The store cannot read the event.');
    expect(out).toContain('  website-c, revision 2: The event is not what was recorded.');
  });
});

describe('what is no store', () => {
  test('is said, and nothing is made there', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'events.sqlite');
    await expect(run([file])).rejects.toThrow(`There is no event store at ${file}.`);
    await expect(run([folder])).rejects.toThrow(`There is no event store at ${file}.`);
    await expect(run([join(folder, 'no', 'such')])).rejects.toThrow('There is no event store at');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is a server that nobody has used yet: nothing is written there, and it is not called sound', async () => {
    const backing = createMemoryEventStore();
    const server = await startWireServer({ store: backing });
    onTestFinished(() => server.stop());
    await expect(run([server.url])).rejects.toThrow('There is no event store on the server.');
    expect(await backing.lastPosition()).toBeNull();
  });

  test('is more than one', async () => {
    await expect(run(['one', 'two'])).rejects.toThrow(UsageError);
    await expect(run([''])).rejects.toThrow(UsageError);
  });
});

test('progress goes to the terminal and not into the answer', async () => {
  const { file } = await aDataDir();
  const { out, err } = await run([file], { isTerminal: true });
  expect(err).toContain('Verified 9 events in 3 streams: 0 findings.');
  expect(out).not.toContain('Verified');
});
