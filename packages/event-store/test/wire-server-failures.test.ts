import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { status } from '@grpc/grpc-js';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { aStream } from '@yardmaster/event-store/testing';
import { startWireServer, type WireServer } from '@yardmaster/event-store/wire-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const event = () => jsonEvent({ type: 'Tested', data: { a: 1 } });

describe('the wire server fails like EventStoreDB', () => {
  const store = createMemoryEventStore();
  let server: WireServer;
  let client: EventStoreDBClient;
  beforeEach(async () => {
    server = await startWireServer({ store });
    client = EventStoreDBClient.connectionString(server.url);
  });
  afterEach(async () => {
    await client.dispose();
    await server.stop();
  });
  const countIn = async (stream: string) => (await client.readStream(stream).toArray()).length;

  test('while it is down a read is unavailable, and an append a plain error with a code and no type', async () => {
    await countIn(aStream()).catch(() => undefined);
    server.kill();
    const reading = client.readAll({ maxCount: 1 }).toArray();
    await expect(reading).rejects.toMatchObject({ type: 'unavailable', code: 14, name: 'Error' });
    const failure = await client.appendToStream(aStream(), event()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 14, name: 'Error' });
    expect(failure).not.toHaveProperty('type');
  });

  test('an answer that is lost is unavailable, though the append was written', async () => {
    const stream = aStream();
    server.loseNextAnswer();
    const appending = client.appendToStream(stream, event(), { expectedRevision: NO_STREAM });
    await expect(appending).rejects.toMatchObject({ type: 'unavailable' });
    expect(await countIn(stream)).toBe(1);
  });

  test('calls that are held do nothing until they are let go', async () => {
    const stream = aStream();
    const letGo = server.holdCalls();
    // With credentials it is a call of its own, which has a deadline.
    const credentials = { username: 'u', password: 'p' };
    const appending = client.appendToStream(stream, event(), { deadline: 200, credentials });
    await expect(appending).rejects.toMatchObject({ type: 'deadline-exceeded' });
    expect(await store.readStream(stream)).toEqual([]);
    const reading = client.readAll({ maxCount: 1 }).toArray();
    letGo();
    expect(await reading).toHaveLength(1);
  });

  test('a server that ends holds nothing any longer', async () => {
    server.holdCalls();
    server.holdAnswers();
    const reading = client.readAll().toArray();
    // Told by the server, and not by a connection that was cut off after a while.
    const failing = expect(reading).rejects.toMatchObject({
      type: 'unavailable',
      message: expect.stringContaining('shutting down'),
    });
    // Hidden by the typings. The answer, to a question that is never held, shows that the read before it has arrived.
    await (client as unknown as { readonly capabilities: Promise<unknown> }).capabilities;
    await server.stop();
    await failing;
  });

  test.each([
    { code: undefined, type: 'unavailable' },
    { code: status.ABORTED, type: 'timeout' },
  ])('subscriptions that are broken off fail with what they are told ($type), and nothing else does', async (one) => {
    const { code, type } = one;
    const subscriptions = [client.subscribeToAll(), client.subscribeToStream(aStream())];
    await Promise.all(subscriptions.map((live) => once(live, 'confirmation')));
    const failures = subscriptions.map(async (live) => (await once(live.resume(), 'error'))[0]);
    server.breakSubscriptions(code);
    for (const failure of await Promise.all(failures)) expect(failure).toMatchObject({ type });
    await countIn(aStream()).catch((error) => expect(error).toMatchObject({ type: 'stream-not-found' }));
    const again = client.subscribeToAll();
    await once(again.resume(), 'data');
    await again.unsubscribe();
  });

  test('a store that has ended makes it unavailable, and ends its subscriptions', async () => {
    const ending = createMemoryEventStore();
    const other = await startWireServer({ store: ending });
    const theirs = EventStoreDBClient.connectionString(other.url);
    const live = theirs.subscribeToAll();
    await once(live, 'confirmation');
    const failing = once(live.resume(), 'error');
    await ending.stop();
    expect((await failing)[0]).toMatchObject({ type: 'unavailable' });
    const credentials = { username: 'u', password: 'p' };
    const appending = theirs.appendToStream(aStream(), event(), { credentials });
    await expect(appending).rejects.toMatchObject({ type: 'unavailable' });
    await theirs.dispose();
    await other.stop();
  });
});

describe('the client takes the way to append', () => {
  /** On the way of a call for each append a refusal comes as a status, which has a code; in a batch it has none. */
  const codeOfRefusal = async (server: WireServer, options = {}) => {
    const client = EventStoreDBClient.connectionString(server.url);
    const stream = aStream();
    await client.tombstoneStream(stream);
    const refusal = await client.appendToStream(stream, event(), options).catch((error: unknown) => error);
    await client.dispose();
    expect(refusal).toMatchObject({ type: 'stream-deleted' });
    return (refusal as { code?: number }).code;
  };

  test('that the server offers, and that of single calls where a call has credentials', async () => {
    const store = createMemoryEventStore();
    const [both, one] = [await startWireServer({ store }), await startWireServer({ store, offersBatchAppend: false })];
    expect(await codeOfRefusal(both)).toBeUndefined();
    expect(await codeOfRefusal(both, { credentials: { username: 'u', password: 'p' } })).toBe(9);
    expect(await codeOfRefusal(one)).toBe(9);
    await Promise.all([both.stop(), one.stop()]);
  });
});

describe('the client ends its process', () => {
  const program = fileURLToPath(new URL('fixtures/wire-server-crash.ts', import.meta.url));
  const run = async (scenario: string) => {
    const child = spawn(process.execPath, [program, scenario], { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = await once(child, 'exit');
    const [said, error] = await output;
    return { code, said, error };
  };

  test('some time after it appended an event whose id is no UUID', { timeout: 120_000 }, async () => {
    const { code, said, error } = await run('bad-id');
    expect(said).toBe('refused: unknown\nwent on\n');
    expect(error).toMatch(/batchAppend[\s\S]*TypeError/);
    expect(code).toBe(1);
  });

  test('at an answer that comes after another stream of batches broke', { timeout: 120_000 }, async () => {
    const { code, said, error } = await run('broken-stream');
    expect(said).toBe('bystander: unavailable\nlost: unavailable\n');
    expect(error).toMatch(/batchAppend[\s\S]*TypeError/);
    expect(code).toBe(1);
  });
});

test('an event whose id is no UUID is refused where it comes in a call of its own', async () => {
  const server = await startWireServer({ store: createMemoryEventStore(), offersBatchAppend: false });
  const client = EventStoreDBClient.connectionString(server.url);
  const appending = client.appendToStream(aStream(), { ...event(), id: 'order-1' });
  await expect(appending).rejects.toMatchObject({ type: 'unknown', code: 2 });
  await client.dispose();
  await server.stop();
});
