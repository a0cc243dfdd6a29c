import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { aStream } from '@yardmaster/event-store/testing';
import { createTestCertificate, startWireServer, type WireServer } from '@yardmaster/event-store/wire-server';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

const credentials = { username: 'admin', password: 'chänge:it' };

describe('the wire server with TLS and credentials', () => {
  let folder: string;
  let trusted: string;
  let server: WireServer;
  const clients: EventStoreDBClient[] = [];
  beforeAll(async () => {
    const tls = await createTestCertificate();
    folder = await mkdtemp(join(tmpdir(), 'wire-server-'));
    trusted = join(folder, 'ca.pem');
    await writeFile(trusted, tls.cert);
    server = await startWireServer({ store: createMemoryEventStore(), tls, credentials });
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.dispose()));
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  /** A client that says who it is, and trusts the server. */
  function connect({ login = '', trusts = true } = {}): EventStoreDBClient {
    const url = server.url.replace('esdb://', `esdb://${login}`);
    const client = EventStoreDBClient.connectionString(
      trusts ? `${url}&tlsCAFile=${encodeURIComponent(trusted)}` : url,
    );
    clients.push(client);
    return client;
  }
  const loginOf = ({ username, password }: typeof credentials) =>
    `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
  const login = loginOf(credentials);
  const event = () => jsonEvent({ type: 'Tested', data: { a: 1 } });

  test('serves whoever has the right ones, over both kinds of append', async () => {
    const client = connect({ login });
    const stream = aStream();
    await client.appendToStream(stream, event(), { expectedRevision: NO_STREAM });
    // With credentials of its own a call takes the other path.
    await client.appendToStream(stream, event(), { expectedRevision: 0n, credentials });
    expect(await client.readStream(stream).toArray()).toHaveLength(2);
  });

  test.each([
    { who: 'nobody', login: '' },
    { who: 'somebody with a wrong password', login: loginOf({ ...credentials, password: 'guessed' }) },
    { who: 'somebody unknown', login: loginOf({ ...credentials, username: 'eve' }) },
  ])('denies everything to $who', async ({ login: theirs }) => {
    const client = connect({ login: theirs });
    const denied = { type: 'access-denied' };
    await expect(client.readStream(aStream()).toArray()).rejects.toMatchObject(denied);
    await expect(client.readAll({ maxCount: 1 }).toArray()).rejects.toMatchObject(denied);
    await expect(client.appendToStream(aStream(), event())).rejects.toMatchObject(denied);
    await expect(client.deleteStream(aStream())).rejects.toMatchObject(denied);
    const guess = { credentials: { username: 'eve', password: 'guessed' } };
    await expect(client.appendToStream(aStream(), event(), guess)).rejects.toMatchObject(denied);
  });

  test('is not there for a client that does not trust its certificate, or speaks without TLS', async () => {
    await expect(connect({ login, trusts: false }).readStream(aStream()).toArray()).rejects.toMatchObject({
      type: 'unavailable',
    });
    const plain = EventStoreDBClient.connectionString(server.url.replace('tls=true', 'tls=false'));
    clients.push(plain);
    await expect(plain.readStream(aStream()).toArray()).rejects.toMatchObject({ type: 'unavailable' });
  });
});
