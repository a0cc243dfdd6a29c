import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createActors, systemClock } from '@yardmaster/application';
import { UserId } from '@yardmaster/domain';
import { openEventStore } from '@yardmaster/event-store/open';
import { startWireServer } from '@yardmaster/event-store/wire-server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { acquireLock } from '../../bin/bootstrap/process-lock.mjs';
import { type CommandIo, Interrupted, UsageError } from '../../src/command.ts';
import { command as copy } from '../../src/commands/copy.ts';
import { namedStore, settingsStore } from '../../src/store-location.ts';
import { anIo } from '../client/small-server.ts';
import { temporaryFolder } from '../up/temporary-folder.ts';

const websites = ['a', 'b', 'c'];

/** A store of six events in three streams that take turns, each time with other ids. */
async function fill(file: string): Promise<string> {
  const store = await openEventStore(file);
  const { website } = createActors({ store, clock: systemClock, newId: randomUUID, random: () => 0 });
  const [ownerId, by] = [UserId.parse('ada'), { actor: { kind: 'system', name: 'test' } } as const];
  for (const id of websites) {
    await website.handle(id, { type: 'CreateWebsite', name: 'Garden club', slug: `garden-${id}`, ownerId }, by);
  }
  for (const id of websites) await website.handle(id, { type: 'RenameWebsite', name: 'Allotments' }, by);
  await store.stop();
  return file;
}

async function startEventStoreDb(): Promise<string> {
  const store = await openEventStore(join(temporaryFolder(), 'server.sqlite'));
  const server = await startWireServer({ store });
  onTestFinished(async () => {
    await server.stop();
    await store.stop();
  });
  return server.url;
}

async function run(args: readonly string[], changes: Partial<CommandIo> = {}) {
  const { io, words } = anIo(changes);
  const code = await copy.run(args, io);
  return { code, ...words };
}

describe('a copy', () => {
  test('to EventStoreDB and back is complete, and every step tells the same digest', async () => {
    const folder = temporaryFolder();
    const [source, server] = [await fill(join(folder, 'source.sqlite')), await startEventStoreDb()];
    const there = await run([source, server]);
    const back = await run([server, join(folder, 'back.sqlite')]);
    expect([there.code, back.code]).toEqual([0, 0]);
    expect(there.out).toMatch(/^Copied 6 events in \d+ s\.\nSource and target hold the same 6 events of 3 streams, /);
    const digestIn = (text: string) => /Digest of all chains: ([0-9a-f]{64})\n/.exec(text)?.[1];
    expect(digestIn(there.out)).toBeDefined();
    expect(digestIn(back.out)).toBe(digestIn(there.out));
    const again = await run([source, join(folder, 'back.sqlite')]);
    expect(again.out).toContain('Nothing was left to copy');
    expect(digestIn(again.out)).toBe(digestIn(there.out));
  });

  test('is one line of JSON with --json, without credentials', async () => {
    const folder = temporaryFolder();
    const server = (await startEventStoreDb()).replace('://', '://ada:s3cret@');
    const { out, err } = await run([await fill(join(folder, 'source.sqlite')), server, '--json']);
    expect(out.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(out)).toEqual({
      from: join(folder, 'source.sqlite'),
      to: expect.stringMatching(/^esdb:\/\/127\.0\.0\.1:\d+$/),
      status: 'completed',
      events: 6,
      copied: 6,
      streams: 3,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      sourceGrew: false,
      phasesMs: { comparing: expect.any(Number), copying: expect.any(Number), verifying: expect.any(Number) },
    });
    expect(err).not.toContain('s3cret');
  });

  test('says at Ctrl-C how much was copied, and the same command goes on from there', async () => {
    const folder = temporaryFolder();
    const args = [await fill(join(folder, 'source.sqlite')), join(folder, 'target.sqlite'), '--json'];
    const interrupt = new AbortController();
    const { io, words } = anIo({ signal: interrupt.signal });
    const err = (text: string) => {
      io.err(text);
      if (text.startsWith('Copying')) interrupt.abort('SIGINT');
    };
    await expect(copy.run(args, { ...io, err })).rejects.toThrow(Interrupted);
    expect(words.err).toContain('Stopped after copying 1 event. The same command goes on from there.');
    expect(JSON.parse(words.out)).toMatchObject({ status: 'interrupted', copied: 1 });
    expect(JSON.parse((await run(args)).out)).toMatchObject({ status: 'completed', events: 6, copied: 5 });
  });

  test('draws one line over and over on a terminal, and leaves nothing of it', async () => {
    const folder = temporaryFolder();
    const args = [await fill(join(folder, 'source.sqlite')), join(folder, 'target.sqlite')];
    const { err } = await run(args, { isTerminal: true });
    expect(err).toContain('Copying: 0 %, 0 events');
    expect(err).not.toContain('\n');
    expect(err.endsWith('\r\u001b[2K')).toBe(true);
  });

  test('to a data directory keeps Yardmaster from starting on it meanwhile, and frees it', async () => {
    const folder = temporaryFolder();
    const target = join(folder, 'new');
    let held: boolean | undefined;
    const { io } = anIo();
    await copy.run([await fill(join(folder, 'source.sqlite')), target], {
      ...io,
      err(text) {
        if (text.startsWith('Copying')) held = !acquireLock(join(target, 'up.lock')).ok;
      },
    });
    expect(held).toBe(true);
    expect(readdirSync(target)).toEqual(['events.sqlite']);
  });

  test('from the data directory of a running Yardmaster says so', async () => {
    const folder = temporaryFolder();
    await fill(join(folder, 'events.sqlite'));
    acquireLock(join(folder, 'up.lock'));
    const { code, err } = await run([folder, join(folder, 'copy.sqlite')]);
    expect(code).toBe(0);
    expect(err).toContain(`Yardmaster runs on ${folder}: what it adds at the end may not be copied.`);
  });
});

describe('nothing is written', () => {
  test('when there is no source: neither a target nor an empty source', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'empty.sqlite'), '');
    for (const source of ['mistyped', 'mistyped.sqlite', '.', 'empty.sqlite']) {
      await expect(run([source, 'target'], { cwd: folder })).rejects.toThrow('There is no event store at');
    }
    expect(readdirSync(folder)).toEqual(['empty.sqlite']);
  });

  test('when the folder of the target is missing', async () => {
    const folder = temporaryFolder();
    const source = await fill(join(folder, 'source.sqlite'));
    await expect(run([source, join(folder, 'missing/target.sqlite')])).rejects.toThrow('There is no folder');
    await expect(run([source, join(folder, 'missing/target')])).rejects.toThrow('cannot be used: ENOENT');
    expect(existsSync(join(folder, 'missing'))).toBe(false);
  });

  test('when Yardmaster runs on the data directory of the target', async () => {
    const folder = temporaryFolder();
    const source = await fill(join(folder, 'source.sqlite'));
    acquireLock(join(folder, 'up.lock'));
    for (const target of [folder, join(folder, 'events.sqlite')]) {
      await expect(run([source, target])).rejects.toThrow(`Yardmaster runs on ${folder}: process ${process.pid}.`);
    }
    expect(existsSync(join(folder, 'events.sqlite'))).toBe(false);
  });

  test('when the target holds something else: the answer names it, with a code that stays', async () => {
    const folder = temporaryFolder();
    const args = [await fill(join(folder, 'source.sqlite')), await fill(join(folder, 'target.sqlite')), '--json'];
    const { io, words } = anIo();
    await expect(copy.run(args, io)).rejects.toThrow(
      'event 1, revision 0 of "website-a", is another one there. Nothing was copied. (copy-target-differs)',
    );
    expect(JSON.parse(words.out)).toMatchObject({ status: 'refused', code: 'copy-target-differs', copied: 0 });
  });

  test('when an event cannot be read: the answer names it, and does not advise to try again', async () => {
    const folder = temporaryFolder();
    const source = await fill(join(folder, 'source.sqlite'));
    const database = new DatabaseSync(source);
    database.exec(`UPDATE events SET data = '{' WHERE position = 2`);
    database.close();
    const failed = run([source, join(folder, 'target.sqlite')]);
    await expect(failed).rejects.toThrow('The event at position 2 cannot be read: website-b, revision 0.');
    await expect(failed).rejects.not.toThrow('goes on');
  });

  test('when a server is not there; its password is not shown', async () => {
    const source = await fill(join(temporaryFolder(), 'source.sqlite'));
    const failed = run([source, 'esdb://ada:s3@cret@127.0.0.1:1?tls=false']);
    await expect(failed).rejects.toThrow('esdb://127.0.0.1:1 cannot be opened.');
    await expect(failed).rejects.not.toThrow('cret');
  });

  test.each([[[]], [['one']], [['one', 'two', 'three']], [['one', '']]])('when the arguments are %j', async (args) => {
    await expect(run(args)).rejects.toThrow(UsageError);
  });
});

describe('a store is named', () => {
  const cwd = '/nowhere';
  test.each([
    ['esdb://ada:s3cret@one:2113?tls=true', 'esdb://one:2113', null],
    ['esdb+discover://ada:s3@c/r?t@one,two:2113/?tls=true', 'esdb+discover://one,two:2113', null],
    ['history.sqlite', `${cwd}/history.sqlite`, null],
    ['/backups/history.db', '/backups/history.db', null],
    ['data/events.sqlite', `${cwd}/data/events.sqlite`, `${cwd}/data`],
    ['data', `${cwd}/data/events.sqlite`, `${cwd}/data`],
    ['.yardmaster', `${cwd}/.yardmaster/events.sqlite`, `${cwd}/.yardmaster`],
  ])('by %s', (name, shown, dataDir) => {
    expect(namedStore(name, { cwd })).toMatchObject({ shown, dataDir });
  });

  test('by nothing else that looks like an address', () => {
    expect(() => namedStore('http://ada:s3cret@one/', { cwd })).toThrow('http://one is no event store');
  });

  test('by the settings: a server, or else the data directory', () => {
    const env = { YARDMASTER_DATA_DIR: '/data', EVENTSTORE_URL: 'esdb://ada:s3cret@one:2113' };
    expect(settingsStore({ cwd, env })).toMatchObject({ location: env.EVENTSTORE_URL, shown: 'esdb://one:2113' });
    expect(settingsStore({ cwd, env: { ...env, EVENTSTORE_URL: '' } })).toMatchObject({
      location: '/data/events.sqlite',
    });
  });
});
