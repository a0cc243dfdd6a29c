import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { EventStoreUnavailable } from '@yardmaster/application';
import { openEventStoreDb } from '@yardmaster/event-store/eventstoredb';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { aStream, idsOf, someEvents } from '@yardmaster/event-store/testing';
import {
  createTestCertificate,
  startWireServer,
  type TestCertificate,
  type WireServer,
} from '@yardmaster/event-store/wire-server';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientFormOf } from '../src/eventstoredb/connection-string.ts';
import { readerOf } from './fixtures/subscription-reader.ts';

const credentials = { username: 'yard master', password: 'p@ss:w/ord?' };
const loginOf = ({ username, password }: typeof credentials) =>
  `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;

/** What opening a store ends with: it has to fail. */
async function failureOf(url: string): Promise<Error> {
  const opening = openEventStoreDb({ url }).then(() => new Error('It was opened.'));
  return opening.catch((error: unknown) => error as Error);
}

describe('the EventStoreDB adapter on a server with TLS and credentials', () => {
  const backing = createMemoryEventStore();
  let tls: TestCertificate;
  let folder: string;
  let server: WireServer;
  beforeAll(async () => {
    tls = await createTestCertificate();
    folder = await mkdtemp(join(tmpdir(), 'event-store-tls-'));
    await writeFile(join(folder, 'ca.pem'), tls.cert);
    await writeFile(join(folder, 'no-certificate.pem'), 'This is none.');
    return () => rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    server = await startWireServer({ store: backing, tls, credentials });
  });
  afterEach(() => server.stop());
  const urlOf = ({ login = loginOf(credentials), caFile = 'ca.pem', options = '' } = {}) =>
    `${server.url.replace('esdb://', `esdb://${login}`)}&tlsCAFile=${encodeURIComponent(join(folder, caFile))}${options}`;

  test('appends, reads and subscribes as the user of the connection string', async () => {
    const store = await openEventStoreDb({ url: urlOf() });
    const stream = aStream();
    const live = readerOf(store.subscribeToStream(stream));
    const events = someEvents(3);
    await store.append(stream, 'no_stream', events.slice(0, 1));
    await store.append(stream, 0, events.slice(1));
    await live.until(3);
    expect(idsOf(live.seen)).toEqual(idsOf(events));
    expect(idsOf(await store.readStream(stream))).toEqual(idsOf(events));
    await store.stop();
  });

  test.each([
    ['a wrong password', loginOf({ ...credentials, password: 'guessed' })],
    ['an unknown user', loginOf({ username: 'eve', password: 'guessed' })],
    ['nobody', ''],
  ])('says at once that the server refuses %s, and repeats no password', async (_who, login) => {
    const failure = await failureOf(urlOf({ login }));
    expect(failure).toBeInstanceOf(EventStoreUnavailable);
    expect(failure.message).toContain('the server refuses access, since user or password are wrong');
    expect(inspect(failure, { depth: 10 })).not.toMatch(/guessed|p@ss|p%40ss/);
    const encoded = Buffer.from('eve:guessed').toString('base64');
    expect(inspect(failure, { depth: 10 })).not.toContain(encoded);
  });

  test('ends a subscription whose user is not let in any more, instead of trying on and on', async () => {
    const store = await openEventStoreDb({ url: urlOf() });
    const live = readerOf(store.subscribeToStream(aStream()));
    const watching = live.until(1);
    server.kill();
    const changed = { ...credentials, password: 'changed' };
    server = await startWireServer({ store: backing, tls, credentials: changed, port: server.port });
    await expect(watching).rejects.toThrow(/the server refuses access/);
    await expect(store.append(aStream(), 'no_stream', someEvents(1))).rejects.toThrow(/the server refuses access/);
    await expect(store.readAll({ limit: 1 })).rejects.toThrow(/the server refuses access/);
    await store.stop();
  });

  test('names the certificate as the reason where it is not to be trusted', async () => {
    const failure = await failureOf(server.url.replace('esdb://', `esdb://${loginOf(credentials)}`));
    expect(failure).toBeInstanceOf(EventStoreUnavailable);
    expect(failure.message).toMatch(/certificate/);
  });

  test('cannot be opened with TLS on one side only', async () => {
    const plain = await startWireServer({ store: createMemoryEventStore() });
    for (const url of [server.url.replace('tls=true', 'tls=false'), plain.url.replace('tls=false', 'tls=true')]) {
      expect(await failureOf(url)).toBeInstanceOf(EventStoreUnavailable);
    }
    await plain.stop();
  });

  test.each([
    { what: 'a certificate that is not there', bad: { caFile: 'missing.pem' }, says: 'File was not found' },
    { what: 'a certificate that is none', bad: { caFile: 'no-certificate.pem' }, says: /PEM|certificate/i },
    { what: 'certificates that are not checked', bad: { options: '&tlsVerifyCert=false' }, says: 'tlsCAFile' },
    { what: 'an option that does not exist', bad: { options: '&tlsTrustAll=true' }, says: '"tlsTrustAll"' },
    {
      what: 'a value that does not fit',
      bad: { options: '&keepAliveInterval=soon' },
      says: /keepAliveInterval=soon|"soon"/,
    },
  ])('refuses a connection string with $what, and shows no password anywhere', async ({ bad, says }) => {
    const warning = vi.spyOn(console, 'warn');
    const failure = await failureOf(urlOf(bad));
    expect(failure.message).toMatch(says);
    expect(inspect(failure, { depth: 10 })).not.toMatch(/p%40ss|p@ss/);
    expect(warning).not.toHaveBeenCalled();
    warning.mockRestore();
  });
});

test.each([
  ['esdb://host', 'esdb://host'],
  [' esdb://host:2113/?tls=false\n', 'esdb://host:2113?tls=false'],
  ['esdb://a:1,b:2,c:3?tls=true&Keep-Alive-Interval=10000', 'esdb://a:1,b:2,c:3?tls=true&Keep-Alive-Interval=10000'],
  ['ESDB+Discover://user:p%40ss@cluster.example', 'esdb+discover://user:p%40ss@cluster.example'],
  ['kurrentdb://host:2113?tls=false', 'esdb://host:2113?tls=false'],
])('the connection string %j is given to the client as %j', (given, known) => {
  expect(clientFormOf(given)).toBe(known);
});

test.each([
  'http://admin:changeit@127.0.0.1:2113',
  'esdb://admin:changeit@',
  'esdb://admin:chang@it@host',
  'esdb://admin:chang:it@host',
  'esdb://host:port',
  'esdb://[::1]:2113',
  'esdb://a,,b',
  'changeit',
])('the connection string %j is refused, and not repeated', async (url) => {
  const failure = await failureOf(url);
  expect(failure.message).toContain('cannot be understood');
  expect(failure.message).not.toMatch(/chang|it@/);
});
