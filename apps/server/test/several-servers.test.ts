import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log, ReadModels } from '@yardmaster/application';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { startWireServer } from '@yardmaster/event-store/wire-server';
import { Problem, UserQueue } from '@yardmaster/protocol';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { authenticate } from '../src/auth/authenticate.ts';
import { positionHeader } from '../src/http/read-your-writes.ts';
import { idOf, startTestServer, type TestServer } from './server-fixture.ts';

/** Another server on the data directory of the first one. */
const besides = (first: TestServer, options: Parameters<typeof startTestServer>[0] = {}) =>
  startTestServer({ ...options, dataDir: first.dataDir, env: { ...options.env, YARDMASTER_SERVER_ID: 'server-2' } });

async function aStoreServer(): Promise<string> {
  const server = await startWireServer({ store: createMemoryEventStore() });
  onTestFinished(() => server.stop());
  return server.url;
}

/** The builds that a server shows, each with its place in the queue, by place. */
async function queueOf(server: TestServer): Promise<readonly (readonly [name: string, position: number])[]> {
  const { activeJobs } = UserQueue.parse(await server.get('/user/queue'));
  return activeJobs.map((job) => [job.websiteName, job.queuePosition ?? 0] as const).sort(([, a], [, b]) => a - b);
}

/** What a browser would send along after this answer. */
const cookiesOf = (response: Response) =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');

describe('two servers on one data directory', () => {
  it.each(['SQLite', 'EventStoreDB'])('show what the client wrote at the other one, with %s', async (kind) => {
    const env: Record<string, string> = kind === 'SQLite' ? {} : { EVENTSTORE_URL: await aStoreServer() };
    const first = await startTestServer({ env });
    const servers = [first, await besides(first, { env })];
    for (let round = 0; round < 6; round++) {
      const [writer, reader] = round % 2 === 0 ? servers : servers.toReversed();
      if (writer === undefined || reader === undefined) throw new Error('There are two.');
      const { response, answer } = await writer.upload({ name: `site ${round}` });
      const byHeader = { headers: { [positionHeader]: response.headers.get(positionHeader) ?? '' } };
      const byCookie = { headers: { cookie: cookiesOf(response) } };
      const job = await reader.ask(`/jobs/${idOf(answer)}`, round < 3 ? byHeader : byCookie);
      expect([job.status, ((await job.json()) as { id: unknown }).id]).toEqual([200, idOf(answer)]);
    }
    const [queue, other] = await Promise.all(servers.map(queueOf));
    expect(other).toEqual(queue);
    expect(queue?.map(([, position]) => position)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('share the admin, and each keeps read models and lines of its own', async () => {
    const first = await startTestServer();
    const second = await besides(first);
    expect(second.admin).toEqual(first.admin);
    expect((await second.ask('/auth/me')).status).toBe(200);
    const readiness = await (await second.ask(`${second.url}/readyz`)).json();
    expect(JSON.stringify(readiness)).not.toContain('read-models-rebuilt'); // they were never there before
    expect((await readdir(join(first.dataDir, 'servers', 'server-2'))).filter((name) => /sqlite$/.test(name))).toEqual([
      'logs.sqlite',
      'read-models.sqlite',
    ]);
    expect(existsSync(join(first.dataDir, 'servers', 'server-2', 'events.sqlite'))).toBe(false);
  });

  it('take the same sign-in link and session', async () => {
    const first = await startTestServer();
    const second = await besides(first);
    const cookie = await first.signIn(first.admin);
    const { answer, response } = await first.upload();
    expect(answer.success).toBe(true);
    const headers = { cookie, [positionHeader]: response.headers.get(positionHeader) ?? '' };
    expect((await second.ask('/auth/me', { as: null, headers })).status).toBe(200);
  });

  it('know whoever signed in at the other one a moment ago, before this is shown here', async () => {
    const { parts, admin } = await startTestServer();
    let isShown = false;
    const readModels: ReadModels = {
      ...parts.readModels,
      userByTokenHash: (hash) => (isShown ? parts.readModels.userByTokenHash(hash) : null),
      async waitFor() {
        isShown = true;
        return true;
      },
    };
    const app = express();
    app.use(authenticate({ ...parts, readModels }), (_req, res) => void res.json(res.locals.viewer ?? null));
    const server = app.listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // as it listens on TCP
    const asked = async (more: Record<string, string>) => {
      const headers = { Authorization: `Bearer ${admin.token}`, ...more };
      return await (await fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers })).json();
    };
    expect(await asked({})).toBeNull();
    expect(await asked({ [positionHeader]: '7' })).toMatchObject({ id: 'admin', via: 'token' });
  });

  it('leave the uploads of the other alone when they start', async () => {
    const first = await startTestServer();
    const { answer } = await first.upload();
    const staged = await first.parts.artifacts.stagingPath();
    const { artifacts } = await first.stored();
    await writeFile(staged, 'half of an upload');
    const second = await besides(first);
    expect(await second.stored()).toEqual({ artifacts, staging: [basename(staged)] });
    expect(answer.success).toBe(true);
  });
});

describe('a lock on the events that another process holds for long', () => {
  it('is an outage that passes: nothing is recorded meanwhile, and everything goes on afterwards', async () => {
    const lines: string[] = [];
    const add = (_fields: unknown, message: string) => void lines.push(message);
    const log: Log = { info: () => {}, warn: add, error: add };
    const first = await startTestServer({ log });
    await first.upload({ name: 'before' });

    // As a server that was paused in the middle of a transaction holds it.
    const paused = new DatabaseSync(join(first.dataDir, 'events.sqlite'));
    paused.exec('BEGIN IMMEDIATE');
    const waits = Promise.withResolvers<void>();
    const starting = besides(first, { log, onWaiting: () => waits.resolve() });
    const { response, answer } = await first.upload({ name: 'meanwhile' });
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '1']);
    expect(Problem.parse(answer).code).toBe('event-store-unavailable');
    await waits.promise;
    const names = async (server: TestServer) =>
      (await server.get<{ websites: readonly { name: string }[] }>('/websites')).websites.map(({ name }) => name);
    expect(await names(first)).toEqual(['before']);
    paused.exec('ROLLBACK');
    paused.close();

    const second = await starting;
    for (const server of [first, second]) {
      const name = `after, at ${server.port}`;
      for (;;) {
        const { response } = await server.upload({ name });
        if (response.status === 201) break;
        expect(response.status).toBe(503);
        await delay(50);
      }
      expect(await names(server)).toContain(name);
    }
    expect(lines).toContain(
      'The event store answers but fails: another process holds its lock. What needs it waits, and nothing is lost.',
    );
    expect(lines).toContain(`Waiting for ${join(first.dataDir, 'events.sqlite')}: another process holds its lock`);
  });
});
