import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyEvents, type EventStore } from '@yardmaster/application';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { openEventStore } from '@yardmaster/event-store/open';
import { startWireServer } from '@yardmaster/event-store/wire-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AnotherHistory } from '../src/store/one-history.ts';
import { startTestServer } from './server-fixture.ts';

/** A server of an event store that nobody has used; `backing` is what it holds. */
async function aUrl(backing: EventStore = createMemoryEventStore()): Promise<string> {
  const server = await startWireServer({ store: backing });
  onTestFinished(() => server.stop());
  return server.url;
}

async function aDataDir(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-one-history-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a server on a data directory until it has taken so many uploads; resolves to what its artifact store holds then. */
async function use(dataDir: string, env: Readonly<Record<string, string>> = {}, uploads = 1) {
  const server = await startTestServer({ dataDir, env });
  for (let n = 0; n < uploads; n++) await server.upload({ name: `site ${n}` });
  const { artifacts } = await server.stored();
  await server.stop();
  return artifacts;
}

async function copy(from: string, to: string): Promise<void> {
  const stores = await Promise.all([openEventStore(from), openEventStore(to)]);
  const [source, target] = stores;
  const { status } = await copyEvents({ from: source, to: target, signal: new AbortController().signal });
  expect(status).toBe('completed');
  for (const store of stores) await store.stop();
}

const fileIn = (dataDir: string) => join(dataDir, 'events.sqlite');

describe('a data directory belongs to one history', () => {
  it('refuses an event store that does not hold it, and removes nothing', async () => {
    const dataDir = await aDataDir();
    const artifacts = await use(dataDir);
    for (const artifact of artifacts) await utimes(join(dataDir, 'artifacts', artifact), 0, 0);
    const url = await aUrl();
    await expect(use(dataDir, { EVENTSTORE_URL: url })).rejects.toThrow(AnotherHistory);
    expect(await use(dataDir, {}, 0)).toEqual(artifacts);
  });

  it('goes on with a copy of it, and then no longer with what was left behind', async () => {
    const dataDir = await aDataDir();
    const url = await aUrl();
    const before = await use(dataDir);
    await copy(fileIn(dataDir), url);
    const after = await use(dataDir, { EVENTSTORE_URL: url });
    expect(after).toEqual(expect.arrayContaining([...before]));
    await expect(use(dataDir)).rejects.toThrow('does not hold the history');
    await copy(url, fileIn(dataDir));
    expect(await use(dataDir, {}, 0)).toEqual(after);
  });

  it('refuses a copy from before the last events', async () => {
    const dataDir = await aDataDir();
    const url = await aUrl();
    await use(dataDir);
    await copy(fileIn(dataDir), url);
    await use(dataDir);
    await expect(use(dataDir, { EVENTSTORE_URL: url })).rejects.toThrow(AnotherHistory);
  });

  it('that is new refuses a server that another one uses, unless it is told to take over', async () => {
    const url = await aUrl();
    await use(await aDataDir(), { EVENTSTORE_URL: url });
    const late = await aDataDir();
    await expect(use(late, { EVENTSTORE_URL: url })).rejects.toThrow('YARDMASTER_TAKE_OVER_STORE');
    await use(late, { EVENTSTORE_URL: url, YARDMASTER_TAKE_OVER_STORE: 'true' });
    await use(late, { EVENTSTORE_URL: url });
  });

  it('refuses to guess when its record is damaged', async () => {
    const dataDir = await aDataDir();
    await use(dataDir);
    await writeFile(join(dataDir, 'event-store.json'), '{');
    await expect(use(dataDir)).rejects.toThrow('is damaged');
  });
});
