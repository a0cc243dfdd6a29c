import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { EventStoreUnavailable, type Log } from '@yardmaster/application';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { openEventStore } from '@yardmaster/event-store/open';
import { openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import { createTestCertificate, startWireServer, type WireServer } from '@yardmaster/event-store/wire-server';
import { Problem } from '@yardmaster/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { awaitStore } from '../src/store/await-store.ts';
import { describeOutage } from '../src/store/describe-outage.ts';
import { openLive } from './live-client.ts';
import { startTestServer } from './server-fixture.ts';

const patience = { timeout: 20_000, interval: 50 };

/** A server of an event store, which comes back on its port with everything that it had stored. */
async function anEventStoreServer() {
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-store-'));
  const store = await openSqliteEventStore({ file: join(folder, 'events.sqlite') });
  let running: WireServer | null = await startWireServer({ store });
  const { url, port } = running;
  onTestFinished(async () => {
    running?.kill();
    await store.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    url,
    port,
    goAway() {
      running?.kill();
      running = null;
    },
    async comeBack() {
      running = await startWireServer({ store, port });
    },
  };
}

/** What is waited for, and for how long. */
const aServer = {
  name: 'EventStoreDB at a:1',
  isPassing: (error: unknown) => error instanceof EventStoreUnavailable,
};

/** A log of warnings and errors, line by line. */
function aLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const add = (_fields: unknown, message: string) => void lines.push(message);
  return { lines, info: () => {}, warn: add, error: add };
}

describe('the server and a server of its event store', () => {
  it('that goes away: it says so once, refuses what would be recorded, serves the rest, and goes on when it is back', async () => {
    const eventStore = await anEventStoreServer();
    const log = aLog();
    const server = await startTestServer({ env: { EVENTSTORE_URL: eventStore.url }, log });
    const readiness = async () => {
      const response = await server.ask(`${server.url}/readyz`);
      return { code: response.status, ...((await response.json()) as { readonly status: string }) };
    };
    await server.upload({ name: 'before' });
    const live = await openLive(server);
    live.subscribe('queue');
    await live.until(({ type }) => type === 'snapshot');

    eventStore.goAway();
    expect(await readiness()).toMatchObject({
      code: 200,
      status: 'degraded',
      store: 'unreachable',
      reason: 'The event store cannot be reached: connection refused.',
    });
    const key = { headers: { 'Idempotency-Key': 'the same' } };
    const { response } = await server.upload({ name: 'after', ...key });
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '1']);
    const refused = await server.ask('/websites', { method: 'POST', json: { name: 'x' } });
    expect([refused.status, Problem.parse(await refused.json()).code]).toEqual([503, 'event-store-unavailable']);
    const { websites } = await server.get<{ websites: readonly { name: string }[] }>('/websites');
    expect(websites.map(({ name }) => name)).toEqual(['before']);
    expect((await server.stored()).staging).toEqual([]);

    await eventStore.comeBack();
    await vi.waitFor(async () => expect(await readiness()).toMatchObject({ store: 'ok', projections: 'ok' }), patience);
    const [first, again] = [
      await server.upload({ name: 'after', ...key }),
      await server.upload({ name: 'after', ...key }),
    ];
    expect([first.response.status, again.response.status]).toEqual([201, 201]);
    expect(again.answer.website).toEqual(first.answer.website);
    await live.until(({ job }) => job?.id === first.answer.website.buildJobId);
    const address = `EventStoreDB at 127.0.0.1:${eventStore.port}`;
    expect(log.lines).toEqual([
      `${address} cannot be reached: connection refused. Nothing can be recorded until it is back.`,
      expect.stringMatching(new RegExp(`^${address} answers again, after \\d+\\.\\d s\\.$`)),
    ]);
  });

  it('that is away when somebody begins to follow server-sent events: ends them, so that a browser comes again', async () => {
    const eventStore = await anEventStoreServer();
    const server = await startTestServer({ env: { EVENTSTORE_URL: eventStore.url } });
    const position = server.parts.readModels.position() ?? '';
    await server.upload();
    const reached = server.parts.readModels.position() ?? '';
    eventStore.goAway();
    const follow = (since: string) => server.ask('/user/queue/stream', { headers: { 'Last-Event-ID': since } });
    expect(await (await follow(position)).text()).toContain('"code":"unavailable"');
    // Who has missed nothing needs nothing from the store.
    const stream = (await follow(reached)).body?.getReader();
    onTestFinished(() => stream?.cancel());
    await eventStore.comeBack();
    await vi.waitFor(async () => expect((await server.upload()).response.status).toBe(201), patience);
    let text = '';
    while (!text.includes('job_update')) text += new TextDecoder().decode((await stream?.read())?.value);
    expect(text).not.toContain('unavailable');
  });

  it('that is away: says of no preview that there is none, since one may have begun', async () => {
    const eventStore = await anEventStoreServer();
    const server = await startTestServer({ env: { EVENTSTORE_URL: eventStore.url } });
    const visit = async () => {
      const host = `garden-club-1.preview.localhost:${server.port}`;
      const [response] = await once(get({ host: '127.0.0.1', port: server.port, headers: { host } }), 'response');
      return { status: response.statusCode, said: await text(response) };
    };
    expect(await visit()).toMatchObject({ status: 404 });
    eventStore.goAway();
    expect((await server.upload()).response.status).toBe(503);
    const { status, said } = await visit();
    expect([status, Problem.parse(JSON.parse(said)).code]).toEqual([503, 'event-store-unavailable']);
    await eventStore.comeBack();
    await vi.waitFor(async () => expect(await visit()).toMatchObject({ status: 404 }), patience);
  });

  it('that is not there yet: waits for it, and says so to whoever asks meanwhile', async () => {
    const eventStore = await anEventStoreServer();
    eventStore.goAway();
    const log = aLog();
    const waiting = Promise.withResolvers<void>();
    const starting = startTestServer({ env: { EVENTSTORE_URL: eventStore.url }, log, onWaiting: waiting.resolve });
    await waiting.promise;
    expect(log.lines).toEqual([`Waiting for EventStoreDB at 127.0.0.1:${eventStore.port}: connection refused`]);
    await eventStore.comeBack();
    const server = await starting;
    expect((await server.upload()).response.status).toBe(201);
    expect(log.lines).toHaveLength(1);
  });

  it.each([
    ['wrong credentials', 'admin:wr0ng@', '', 'it refuses the user name or the password'],
    ['a certificate that nobody vouches for', 'admin:r1ght@', 'no-ca', 'its TLS certificate is not trusted'],
    ['no TLS where it is wanted', '', 'plain', 'it breaks off at once; perhaps only one side has TLS on'],
  ])('that is reached with %s: names the reason, never the password', async (_case, user, how, reason) => {
    const folder = await mkdtemp(join(tmpdir(), 'yardmaster-store-'));
    const tls = await createTestCertificate();
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, tls.cert);
    const credentials = { username: 'admin', password: 'r1ght' };
    const eventStore = await startWireServer({ store: createMemoryEventStore(), tls, credentials });
    const stop = new AbortController();
    onTestFinished(async () => {
      stop.abort();
      eventStore.kill();
      await rm(folder, { recursive: true, force: true });
    });
    const options = { '': `?tls=true&tlsCAFile=${caFile}`, 'no-ca': '?tls=true', plain: '?tls=false' }[how];
    const log = aLog();
    const waiting = Promise.withResolvers<void>();
    const starting = awaitStore({
      ...aServer,
      open: () => openEventStore(`esdb://${user}127.0.0.1:${eventStore.port}${options}`),
      signal: stop.signal,
      log,
      onWaiting: () => waiting.resolve(),
    });
    await Promise.race([waiting.promise, starting]);
    expect(log.lines).toEqual([`Waiting for EventStoreDB at a:1: ${reason}`]);
    stop.abort(new Error('stopped'));
    await expect(starting).rejects.toThrow('stopped');
  });
});

describe('waiting for a store', () => {
  const unavailable = (message: string) => new EventStoreUnavailable(message);
  const opened = { stop: async () => {} };

  /** Waits for a store that fails with each of these in turn, and is there after that. */
  async function waitThrough(failures: readonly Error[]) {
    const log = aLog();
    const left = [...failures];
    const open = async () => {
      const failure = left.shift();
      if (failure !== undefined) throw failure;
      return opened;
    };
    const { signal } = new AbortController();
    const waited = await awaitStore({ ...aServer, open, signal, log, onWaiting: () => {} }).catch((error) => error);
    return { waited, lines: log.lines };
  }

  it('says what it waits for once for each reason', async () => {
    const refused = unavailable('connect ECONNREFUSED');
    const { waited, lines } = await waitThrough([refused, refused, unavailable('Deadline exceeded'), refused]);
    expect(waited).toBe(opened);
    expect(lines).toEqual([
      'Waiting for EventStoreDB at a:1: connection refused',
      'Waiting for EventStoreDB at a:1: no answer in time',
      'Waiting for EventStoreDB at a:1: connection refused',
    ]);
  });

  it('ends with what no waiting helps against', async () => {
    const wrong = new Error('the connection string cannot be understood');
    expect(await waitThrough([unavailable('connect ECONNREFUSED'), wrong])).toMatchObject({ waited: wrong });
  });

  it('ends at once when it is stopped, and stops what is opened after that', async () => {
    const stop = new AbortController();
    const late = Promise.withResolvers<typeof opened>();
    const options = { ...aServer, log: aLog(), onWaiting: () => {}, signal: stop.signal };
    const waiting = awaitStore({ ...options, open: () => late.promise });
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    const stopped = vi.fn(async () => {});
    late.resolve({ stop: stopped });
    await vi.waitFor(() => expect(stopped).toHaveBeenCalledOnce());
  });
});

describe('how an outage is told', () => {
  it.each([
    [{ message: '14 UNAVAILABLE: Last error: Error: connect ECONNREFUSED 10.0.0.1:2113' }, 'connection refused'],
    [
      { message: '14 UNAVAILABLE: Name resolution failed for target dns:store:2113' },
      'its host name is not known here',
    ],
    [
      { message: 'reading failed', cause: { message: 'Not Authenticated', type: 'access-denied' } },
      'it refuses the user name or the password',
    ],
    [{ message: 'self-signed certificate in certificate chain' }, 'its TLS certificate is not trusted'],
    [{ message: 'write EPROTO: wrong version number' }, 'it breaks off at once; perhaps only one side has TLS on'],
    [{ message: 'Deadline exceeded after 10s' }, 'no answer in time'],
    [{ message: 'The append could not be stored: database or disk is full.' }, 'its disk is full'],
    [{ message: 'The append could not be stored: database is locked.' }, 'another process holds its lock'],
    [{ message: 'Too many appends are waiting for the disk.' }, 'Too many appends are waiting for the disk'],
    [{ message: 'something else (2026-11-22T14:44:55.470Z)' }, 'something else'],
  ])('%j', ({ message, ...more }, told) => {
    const { cause = {} } = more as { readonly cause?: object };
    expect(describeOutage(new EventStoreUnavailable(message, { cause: Object.assign(new Error(), cause) }))).toBe(told);
  });
});
