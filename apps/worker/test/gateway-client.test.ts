import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { JobId } from '@yardmaster/domain';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGatewayClient } from '../src/gateway-client.ts';
import { createServerChoice } from '../src/server-choice.ts';
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
  return { serverUrl, asked: () => asked, check: () => checkAt(timeoutMs, serverUrl) };
}

function checkAt(withinMs: number, ...urls: [string, ...string[]]) {
  const gateway = createGatewayClient({ servers: createServerChoice(urls), token: 'a token' });
  return tryTo((limit) => gateway.untilPreviewAnswers('a.preview.localhost', limit), withinMs, stopped);
}

/** An address where nothing listens any more. */
async function aDeadServer(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return `http://127.0.0.1:${port}`;
}

/** Takes connections and says nothing, as a paused process does; counts the requests that it was sent. */
async function aSilentServer() {
  let asked = 0;
  const server = createServer(() => {
    asked += 1;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { serverUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked };
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

it('an output is handed in once the disk of the server has room, and the wait is not counted', async () => {
  const full = [507, problem('disk-full')] as const;
  const { serverUrl, asked } = await aServer(full, full, full, [
    200,
    JSON.stringify({ artifactId: 'output-1', files: 1, sizeBytes: 1 }),
  ]);
  const gateway = createGatewayClient({ servers: createServerChoice([serverUrl]), token: 'a token' });
  const pack = async () => Readable.from(['x']);
  const published = tryTo((limit) => gateway.publishOutput(JobId.parse('job-1'), pack, limit), timeoutMs, stopped);
  expect([await published, asked()]).toMatchObject([{ status: 'done' }, 4]);
});

describe('of several servers', () => {
  const amplyMs = 60_000;
  /** Amply more than the healthy servers here need, on a busy machine too. */
  const silentAfterMs = 900;
  const done = { status: 'done', result: undefined };

  it.each([502, 503])('the next is asked when one answers with %s', async (status) => {
    const [first, second] = [await aServer([status, 'a proxy']), await aServer([200, 'a page'])];
    expect(await checkAt(amplyMs, first.serverUrl, second.serverUrl)).toEqual(done);
    expect([first.asked(), second.asked()]).toEqual([1, 1]);
  });

  it('the next is asked when nothing listens at one', async () => {
    const second = await aServer([200, 'a page']);
    expect(await checkAt(amplyMs, await aDeadServer(), second.serverUrl)).toEqual(done);
  });

  it('the next is asked when one takes the request and goes silent, and no attempt asks the silent one again', async () => {
    const [silent, second] = [await aSilentServer(), await aServer([200, 'a page'])];
    const servers = createServerChoice([silent.serverUrl, second.serverUrl], silentAfterMs);
    const check = () => {
      const gateway = createGatewayClient({ servers, token: 'a token' });
      return tryTo((limit) => gateway.untilPreviewAnswers('a.preview.localhost', limit), amplyMs, stopped);
    };
    expect(await check()).toEqual(done);
    const asked = silent.asked();
    expect(await check()).toEqual(done);
    expect([silent.asked(), second.asked()]).toEqual([asked, 2]);
  });

  it('the first is asked again when the others fail', async () => {
    const [first, second] = [await aServer([502, ''], [200, 'a page']), await aServer([502, ''])];
    expect(await checkAt(amplyMs, first.serverUrl, second.serverUrl)).toEqual(done);
    expect([first.asked(), second.asked()]).toEqual([2, 1]);
  });

  it('a transfer that stalls halfway is begun anew at the next', async () => {
    const half = createServer((req, res) => {
      if (req.url === '/healthz') return;
      res.writeHead(200, { 'content-length': '10' }).write('half ');
    }).listen(0, '127.0.0.1');
    await once(half, 'listening');
    onTestFinished(() => {
      half.close();
      half.closeAllConnections();
    });
    const whole = await aServer([200, 'the source']);
    const firstUrl = `http://127.0.0.1:${(half.address() as AddressInfo).port}`;
    const gateway = createGatewayClient({
      servers: createServerChoice([firstUrl, whole.serverUrl], silentAfterMs),
      token: 'a token',
    });
    const folder = await mkdtemp(join(tmpdir(), 'gateway-client-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'source');
    const fetched = tryTo((limit) => gateway.fetchSource(JobId.parse('job-1'), file, limit), amplyMs, stopped);
    expect(await fetched).toEqual(done);
    expect(await readFile(file, 'utf8')).toBe('the source');
  });

  it('a final refusal by one is final', async () => {
    const [first, second] = [await aServer([409, problem('stale-attempt')]), await aServer([200, 'the source'])];
    const gateway = createGatewayClient({
      servers: createServerChoice([first.serverUrl, second.serverUrl]),
      token: 'a token',
    });
    const fetched = tryTo((limit) => gateway.fetchSource(JobId.parse('job-1'), '/dev/null', limit), amplyMs, stopped);
    expect(await fetched).toMatchObject({ status: 'failed', error: { status: 409 } });
    expect(second.asked()).toBe(0);
  });
});
