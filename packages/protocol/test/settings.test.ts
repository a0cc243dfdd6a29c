import { expect, test } from 'vitest';
import { readSettings, settingFacts } from '../src/settings.ts';

test('an empty environment gives the documented defaults', () => {
  expect(readSettings({})).toMatchObject({
    ok: true,
    warnings: [],
    settings: {
      port: 4000,
      host: '127.0.0.1',
      previewDomain: 'preview.localhost',
      dataDir: '.yardmaster',
      servers: 1,
      serverId: 'server',
      serverUrls: [],
      workers: 1,
      slots: 2,
      drainMs: 0,
      uploadMaxBytes: 500_000_000,
      uploadMaxFiles: 100_000,
      uploadMaxUnpackedBytes: 2_000_000_000,
      uploadMaxFileBytes: 200_000_000,
      uploadMaxRatio: 100,
      uploadRatioFloorBytes: 10_000_000,
      uploadMaxPathBytes: 1024,
    },
  });
});

test('values are parsed, and an empty one counts as not set', () => {
  const read = readSettings({
    YARDMASTER_PORT: '0',
    YARDMASTER_WORKERS: '',
    YARDMASTER_PUBLIC_URL: 'https://builds.example/',
    EVENTSTORE_URL: 'esdb://127.0.0.1:2113?tls=false',
    NATS_URL: 'nats://127.0.0.1:4222',
  });
  expect(read).toMatchObject({ ok: true, settings: { port: 0, workers: 1, publicUrl: 'https://builds.example' } });
});

test.each([
  ['YARDMASTER_PORT', '65536', '"65536" does not fit: it must be a whole number from 0 to 65535.'],
  ['YARDMASTER_PORT', '80 ', '"80 " does not fit: it must be a whole number from 0 to 65535.'],
  ['YARDMASTER_SLOTS', '0', '"0" does not fit: it must be a whole number from 1 to 64.'],
  ['YARDMASTER_UPLOAD_MAX_BYTES', '1e9', '"1e9" does not fit: it must be a whole number at least 1.'],
  ['YARDMASTER_PUBLIC_URL', 'builds.example', 'does not fit: it must be a URL that starts with http://, https://.'],
  ['YARDMASTER_SERVERS', '9', '"9" does not fit: it must be a whole number from 1 to 8.'],
  ['YARDMASTER_SERVER_ID', '../server', '"../server" does not fit: it must be 1 to 64 characters of a-z, 0-9 and -,'],
  ['YARDMASTER_SERVER_URL', 'http://a,b', 'does not fit: it must be a URL that starts with http://, https://.'],
  ['YARDMASTER_HOST', ' ', '" " does not fit: it must not be blank.'],
])('%s=%s is refused by name', (name, value, message) => {
  const read = readSettings({ [name]: value });
  expect(read.ok ? [] : read.problems).toEqual([expect.stringContaining(message)]);
  expect(read.ok ? '' : read.problems[0]).toMatch(new RegExp(`^${name}: `));
});

test.each([
  'esdb://127.0.0.1:2113?tls=false',
  'esdb://localhost',
  'esdb://admin:changeit@events.example:2113/?tls=true&tlsCAFile=/etc/events/ca.crt',
  'esdb://admin:p%40ss%3Aword@10.0.0.1:2113,10.0.0.2:2113,10.0.0.3:2113?nodePreference=leader',
  'esdb+discover://admin:changeit@cluster.example:2113',
  'kurrentdb://events.example:2113?tls=false',
])('EVENTSTORE_URL=%s is a connection string', (value) => {
  expect(readSettings({ EVENTSTORE_URL: value })).toMatchObject({ ok: true, settings: { eventStoreUrl: value } });
});

test.each([
  'http://admin:changeit@127.0.0.1:2113',
  'esdb:admin:changeit@127.0.0.1',
  'esdb://',
  'esdb://admin:changeit@',
  'esdb://admin:change@it@127.0.0.1:2113',
  'esdb://admin:change:it@127.0.0.1:2113',
  'esdb://127.0.0.1:2113,',
  'esdb://127.0.0.1:port?changeit',
])('EVENTSTORE_URL=%s is none, and is not repeated', (value) => {
  const read = readSettings({ EVENTSTORE_URL: value });
  expect(read.ok ? [] : read.problems).toEqual([
    expect.stringMatching(/^EVENTSTORE_URL: its value does not fit: it must be a connection string such as esdb:/),
  ]);
  expect(JSON.stringify(read)).not.toMatch(/change|it@/);
});

test('several addresses are a list', () => {
  const read = readSettings({ YARDMASTER_SERVER_URL: 'http://127.0.0.1:4000/, http://127.0.0.1:4001,' });
  expect(read).toMatchObject({ settings: { serverUrls: ['http://127.0.0.1:4000', 'http://127.0.0.1:4001'] } });
});

test('every problem is reported at once', () => {
  const read = readSettings({ YARDMASTER_PORT: 'x', YARDMASTER_WORKERS: '-1' });
  expect(read.ok ? [] : read.problems).toHaveLength(2);
});

test('an unknown name is warned of with the nearest known one', () => {
  const read = readSettings({ YARDMASTER_PROT: '1', YARDMASTER_COLOUR_OF_THE_SHED: '2', YARDMASTER_BUILD_OWNER: 'x' });
  expect(read.ok ? read.warnings : []).toEqual([
    'YARDMASTER_PROT is no setting; did you mean YARDMASTER_PORT?',
    'YARDMASTER_COLOUR_OF_THE_SHED is no setting',
  ]);
});

test('every setting has a name of its own and a description', () => {
  const facts = Object.values(settingFacts);
  expect(new Set(facts.map((fact) => fact.env)).size).toBe(facts.length);
  for (const { description } of facts) expect(description).toMatch(/\.$/);
});
