import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGatewayClient } from '../src/gateway-client.ts';
import { tryTo } from '../src/time-limit.ts';

const timeoutMs = 1_000;
const stopped = new AbortController().signal;
const problem = (code: string) =>
  JSON.stringify({ type: `urn:${code}`, title: 'Service Unavailable', status: 503, code, detail: 'It waits.' });

/** A server that gives the first answers one after the other, and then the last of them again and again. */
async function aServer(...answers: readonly (readonly [status: number, body: string])[]) {
  let asked = 0;
  const server = createServer((_req, res) => {
    const [status, body] = answers[Math.min(asked, answers.length - 1)] ?? [500, ''];
    asked += 1;
    res.writeHead(status, { connection: 'close' }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = createGatewayClient({ serverUrls: [serverUrl], token: 'a token' });
  return {
    asked: () => asked,
    check: () => tryTo((limit) => gateway.untilPreviewAnswers('a.preview.localhost', limit), timeoutMs, stopped),
  };
}

describe('the check of a preview', () => {
  it.each(['event-store-unavailable', 'starting'])(
    'does not count the time in which the server waits itself: %s',
    async (code) => {
      const waiting = [503, problem(code)] as const;
      // The pauses between these alone are longer than the limit.
      const { check, asked } = await aServer(waiting, waiting, waiting, [200, 'a page']);
      expect([await check(), asked()]).toEqual([{ status: 'done', result: undefined }, 4]);
    },
  );

  it.each([
    ['says that there is no preview', 404, '', 'it answered with status 404'],
    ['is overloaded', 503, 'overloaded', 'it answered with status 503'],
    ['waits for something else', 503, problem('draining'), 'It waits. (draining)'],
  ])('is over in time when the server %s', async (_what, status, body, reason) => {
    const { check } = await aServer([status, body]);
    expect(await check()).toEqual({ status: 'failed', error: new Error(reason) });
  });
});
