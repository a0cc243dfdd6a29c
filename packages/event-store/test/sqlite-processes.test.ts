import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordedEvent } from '@yardmaster/application';
import { openSqliteEventStore, type SqliteEventStore } from '@yardmaster/event-store/sqlite';
import { aStream, idsOf, someEvents } from '@yardmaster/event-store/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEverything } from '../testing/contract/contract-case.ts';

interface Acknowledged {
  readonly stream: string;
  readonly revision: number;
  readonly position: string;
  readonly ids: readonly string[];
}

const appendProcess = new URL('./fixtures/append-process.ts', import.meta.url).pathname;
let folder: string;
let file: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'event-store-processes-'));
  file = join(folder, 'events.db');
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  await rm(folder, { recursive: true });
});

/** Runs a child and gathers what it acknowledges; kills it once there are `killAfter` acknowledgements. */
async function runAppendProcess({
  appends,
  killAfter,
  command = process.execPath,
  args = [appendProcess, file, String(appends)],
}: {
  appends: number;
  killAfter?: number;
  command?: string;
  args?: string[];
}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const exited = once(child, 'exit');
  let output = '';
  let lines = 0;
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    output += text;
    lines += text.split('\n').length - 1;
    if (killAfter !== undefined && lines >= killAfter) child.kill('SIGKILL');
  });
  await once(child.stdout, 'close');
  const [exitCode, signal] = await exited;
  // What follows the last line end is a line that the kill has cut off, or nothing.
  const whole = output.split('\n').slice(0, -1);
  return { exitCode, signal, lines: whole.map((line): unknown => JSON.parse(line)) };
}

function assertAllIsThere(stored: readonly RecordedEvent[], acknowledged: readonly Acknowledged[]): void {
  const ids = idsOf(stored);
  expect(new Set(ids).size).toBe(ids.length);
  expect(stored.map((event) => Number(event.position))).toEqual(stored.map((_, index) => index + 1));
  const revisions = new Map<string, number>();
  for (const event of stored) {
    expect(event.revision).toBe((revisions.get(event.stream) ?? -1) + 1);
    revisions.set(event.stream, event.revision);
  }
  const byPosition = new Map(stored.map((event) => [String(event.position), event]));
  for (const { stream, revision, position, ids } of acknowledged) {
    expect(byPosition.get(position)).toMatchObject({ stream, revision, metadata: { eventId: ids.at(-1) } });
    expect(byPosition.get(String(Number(position) - 1))?.metadata.eventId).toBe(ids.at(0));
  }
}

/** Follows the whole store from its beginning until the signal aborts. */
async function follow(store: SqliteEventStore, signal: AbortSignal): Promise<RecordedEvent[]> {
  const seen: RecordedEvent[] = [];
  for await (const batch of store.subscribeToAll({ signal })) seen.push(...batch);
  return seen;
}

test('loses and doubles nothing when processes share a file and some are killed in the middle', {
  timeout: 120_000,
}, async () => {
  const store = await openSqliteEventStore({ file, pollIntervalMs: 20 });
  const ended = new AbortController();
  const following = follow(store, ended.signal);
  const results = await Promise.all([
    runAppendProcess({ appends: 600 }),
    runAppendProcess({ appends: 600 }),
    runAppendProcess({ appends: 1_000_000, killAfter: 100 }),
    runAppendProcess({ appends: 1_000_000, killAfter: 300 }),
    (async () => {
      for (let index = 0; index < 50; index++) await store.append(aStream(), 'no_stream', someEvents(2));
    })(),
  ]);
  const processes = results.slice(0, 4) as Awaited<ReturnType<typeof runAppendProcess>>[];
  expect(processes.map(({ exitCode, signal }) => exitCode ?? signal)).toEqual([0, 0, 'SIGKILL', 'SIGKILL']);
  const acknowledged = processes.flatMap(({ lines }) => lines as Acknowledged[]);
  expect(acknowledged.length).toBeGreaterThanOrEqual(600 + 600 + 100 + 300);

  const stored = await readEverything(store, null);
  assertAllIsThere(stored, acknowledged);
  // The last append ends the follower: it has then seen everything before it too.
  const [last] = someEvents(1);
  await store.append(aStream(), 'no_stream', last === undefined ? [] : [last]);
  for await (const batch of store.subscribeToAll()) {
    if (batch.at(-1)?.metadata.eventId === last?.metadata.eventId) break;
  }
  ended.abort();
  const seen = idsOf(await following);
  expect(seen.slice(0, stored.length)).toEqual(idsOf(stored));
  await store.stop();
});

test('goes on after a kill of everything, from what was acknowledged', { timeout: 60_000 }, async () => {
  const { lines } = await runAppendProcess({ appends: 1_000_000, killAfter: 200 });
  const store = await openSqliteEventStore({ file });
  assertAllIsThere(await readEverything(store, null), lines as Acknowledged[]);
  const [{ stream, revision } = { stream: '', revision: 0 }] = (lines as Acknowledged[]).slice(-1);
  expect(await store.append(stream, 'no_stream', someEvents(1))).toMatchObject({ ok: false });
  expect((await store.readStream(stream, { fromRevision: revision })).length).toBeGreaterThanOrEqual(1);
  await store.stop();
});

test('becomes unavailable when the disk takes no more, and loses nothing of what it acknowledged', {
  timeout: 60_000,
}, async () => {
  // A limit on the size of files stands for the full disk: writes beyond it fail with EFBIG.
  const limited = `trap '' XFSZ; ulimit -f 3000; exec "$0" "$@"`;
  const { exitCode, lines } = await runAppendProcess({
    appends: 1_000_000,
    command: 'sh',
    args: ['-c', limited, process.execPath, appendProcess, file, '1000000'],
  });
  expect(exitCode).toBe(0);
  expect(lines.at(-1)).toEqual({ failure: 'event-store-unavailable', readable: 10 });
  const store = await openSqliteEventStore({ file });
  assertAllIsThere(await readEverything(store, null), lines.slice(0, -1) as Acknowledged[]);
  expect(await store.append(aStream(), 'no_stream', someEvents(1))).toMatchObject({ ok: true });
  await store.stop();
});
