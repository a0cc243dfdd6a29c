import type { NatsConnection } from '@nats-io/transport-node';
import type { ClaimReply, ClaimRequest } from '@yardmaster/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsAuthorization } from '../src/nats-authorization.ts';
import { createNatsKey } from '../src/nats-key.ts';
import { managerOf } from '../src/streams.ts';
import { collector, jobId, type Messaging, openMessaging, pool } from './messaging-fixture.ts';

let messaging: Messaging;
let server: NatsConnection;
// One server for all: nothing that is tried here may change anything.
beforeAll(async () => {
  messaging = await openMessaging();
  const { connection } = await messaging.openOrchestrator();
  const client = await connection.whenConnected();
  if (client === null) throw new Error('the connection ended');
  server = client;
});
afterAll(() => messaging.end());

/** What a server that hears everything heard of it by the time that it heard what was said afterwards. */
async function mayPublish(rogue: NatsConnection, subject: string): Promise<boolean> {
  const heard = collector<string>();
  const { promise: probed, resolve } = Promise.withResolvers<void>();
  const listening = server.subscribe('>', {
    callback: (_error, message) => {
      heard.add(message.subject);
      if (message.string() === 'probe') resolve();
    },
  });
  await server.flush();
  rogue.publish(subject, '{}');
  rogue.publish('heartbeat.w1', 'probe');
  await probed;
  listening.unsubscribe();
  return heard.items.slice(0, -1).includes(subject);
}

async function maySubscribe(rogue: NatsConnection, subject: string): Promise<boolean> {
  let refused = false;
  const subscription = rogue.subscribe(subject, {
    callback: (error) => {
      refused ||= error !== null;
    },
  });
  await rogue.flush();
  if (!refused) subscription.unsubscribe();
  return !refused;
}

describe('a worker that was taken over', () => {
  it.each([
    'reports.w1.a',
    'logs.w1.a.1',
    'claim.w1.a',
    'heartbeat.w1',
    '$JS.API.CONSUMER.INFO.WORK.pool-default',
    '$JS.API.CONSUMER.MSG.NEXT.WORK.pool-default',
    '$JS.ACK.WORK.pool-default.1.1.1.1.1',
  ])('may say its own: %s', async (subject) => {
    expect(await mayPublish(await messaging.connectRogue('w1'), subject)).toBe(true);
  });

  it.each([
    'reports.w2.a',
    'logs.w2.a.1',
    'claim.w2.a',
    'heartbeat.w2',
    'control.w1',
    'control.w2',
    'work.default.a',
    'reports.w1.a.deeper',
    '_INBOX_w2.x',
    '_INBOX.x',
    '$JS.API.INFO',
    '$JS.API.STREAM.CREATE.MINE',
    '$JS.API.STREAM.DELETE.WORK',
    '$JS.API.STREAM.PURGE.REPORTS',
    '$JS.API.STREAM.MSG.GET.REPORTS',
    '$JS.API.STREAM.MSG.DELETE.WORK',
    '$JS.API.DIRECT.GET.LOGS',
    '$JS.API.CONSUMER.CREATE.WORK',
    '$JS.API.CONSUMER.CREATE.REPORTS',
    '$JS.API.CONSUMER.CREATE.LOGS.mine.logs',
    '$JS.API.CONSUMER.DURABLE.CREATE.WORK.mine',
    '$JS.API.CONSUMER.DELETE.WORK.pool-default',
    '$JS.API.CONSUMER.MSG.NEXT.REPORTS.mine',
    '$JS.ACK.REPORTS.mine.1.1.1.1.1',
    '$KV.yardmaster-leader.orchestrator',
    '$JS.API.STREAM.MSG.GET.KV_yardmaster-leader',
    '$JS.API.STREAM.DELETE.KV_yardmaster-leader',
    '$SYS.REQ.SERVER.PING',
  ])('may not say what is not its own: %s', async (subject) => {
    expect(await mayPublish(await messaging.connectRogue('w1'), subject)).toBe(false);
  });

  it('may hear the answers to it and what is said to it', async () => {
    const rogue = await messaging.connectRogue('w1');
    expect(await maySubscribe(rogue, '_INBOX_w1.>')).toBe(true);
    expect(await maySubscribe(rogue, 'control.w1')).toBe(true);
  });

  it.each([
    '_INBOX_w2.>',
    '_INBOX.>',
    '>',
    '*.w1',
    'control.*',
    'control.w2',
    'claim.>',
    'claim.w1.a',
    'reports.>',
    'reports.w1.*',
    'logs.>',
    'work.>',
    'heartbeat.*',
    '$JS.EVENT.ADVISORY.>',
    '$KV.>',
    '$SYS.>',
  ])('may not hear: %s', async (subject) => {
    expect(await maySubscribe(await messaging.connectRogue('w1'), subject)).toBe(false);
  });

  it('cannot have the answer to a claim sent elsewhere', async () => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    const decided = collector<string>();
    const refusal: ClaimReply = { granted: false, code: 'no', message: 'no' };
    orchestrator.serveClaims(async ({ claimId }) => {
      decided.add(claimId);
      return refusal;
    });
    await orchestrator.publishWork(pool, { jobId: jobId('a'), attempt: 1 });
    const { messaging: worker } = await messaging.openWorker('w1');
    const claim: ClaimRequest = { attempt: 1, workerSession: 's', claimId: 'honest' };
    await expect.poll(() => worker.claim(jobId('a'), claim), { timeout: 10_000 }).toEqual(refusal);
    const asked = decided.items.length;
    const rogue = await messaging.connectRogue('w1');
    for (const reply of ['$JS.API.STREAM.PURGE.WORK', 'control.w2', '_INBOX_w2.x', '_INBOX_w1', '_INBOX_w1x.y']) {
      rogue.publish('claim.w1.a', JSON.stringify({ ...claim, claimId: reply }), { reply });
    }
    await rogue.flush();
    expect(await worker.claim(jobId('a'), { ...claim, claimId: 'last' })).toEqual(refusal);
    expect(decided.items.slice(asked)).toEqual(['last']);
    expect((await (await managerOf(server)).streams.info('WORK')).state.messages).toBe(1);
  });

  it.each([
    '$JS.API.STREAM.PURGE.WORK',
    '$JS.API.STREAM.PURGE.REPORTS',
    '$JS.API.STREAM.DELETE.WORK',
    '$JS.API.STREAM.MSG.DELETE.REPORTS',
    '$JS.API.CONSUMER.DELETE.WORK.pool-default',
  ])('cannot have the server say in an answer: %s', async (reply) => {
    const { messaging: orchestrator } = await messaging.openOrchestrator();
    await orchestrator.publishWork(pool, { jobId: jobId('a'), attempt: 1 });
    const manager = await managerOf(server);
    const before = (await manager.streams.info('REPORTS')).state;
    const rogue = await messaging.connectRogue('w1');
    rogue.publish('$JS.API.CONSUMER.INFO.WORK.pool-default', '', { reply });
    // The answer to a report is `{ stream, seq }`, which is also how to ask for the deletion of a message.
    rogue.publish('reports.w1.a', '{}', { reply });
    await rogue.request('reports.w1.a', '{}');
    await server.request('$JS.API.INFO');
    expect(await orchestrator.listWork(pool)).toEqual(['a']);
    const after = (await manager.streams.info('REPORTS')).state;
    expect([after.first_seq, after.messages]).toEqual([1, before.messages + 2]);
  });

  it('cannot connect at all without a key that the server knows', async () => {
    await expect(messaging.connectRogue('nobody')).rejects.toThrow();
  });
});

describe('the authorization', () => {
  const { publicKey } = createNatsKey();

  it.each(['*', '>', 'a.b', 'a b', '', 'x'.repeat(65), 'w"1'])('refuses the worker id %j', (workerId) => {
    expect(() => natsAuthorization({ serverPublicKey: publicKey, workers: [{ workerId, publicKey }] })).toThrow(
      TypeError,
    );
  });

  it('refuses a seed where a public key belongs, without repeating it', () => {
    const { seed } = createNatsKey();
    expect(() => natsAuthorization({ serverPublicKey: seed, workers: [] })).toThrow(/^(?!.*SU).*public key/);
  });
});
