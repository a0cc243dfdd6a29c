import type { JobDetail, LogLineView } from '@yardmaster/protocol';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/api-client.ts';
import { followBuild } from '../../src/client/follow-build.ts';
import { Interrupted } from '../../src/command.ts';
import { aJob, aLine, anIo, completed, jobId, startSmallServer } from './small-server.ts';

type SmallServer = Awaited<ReturnType<typeof startSmallServer>>;

async function following({ url }: SmallServer, signal = new AbortController().signal) {
  const client = await connect({ server: url, token: 'token' }, anIo({ signal }).io);
  const lines: LogLineView[] = [];
  const jobs: JobDetail[] = [];
  let outages = 0;
  const ended = followBuild(client, jobId, {
    onLines: (more) => void lines.push(...more),
    onJob: (job) => void jobs.push(job),
    onOutage() {
      outages += 1;
    },
    signal,
  });
  return { ended, jobs, numbers: () => lines.map(({ n }) => n), outages: () => outages };
}

const isLogs = (url: string | undefined) => url?.includes('/logs') === true;
const oneTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('following a build', () => {
  it('hands over every line once and in order, page by page, and every look at the build', async () => {
    const server = await startSmallServer();
    server.now.pageSize = 3;
    server.now.lines = oneTo(7).map((n) => aLine(n));
    let looks = 0;
    server.beforeAnswer(async ({ url }) => {
      if (isLogs(url)) return false;
      looks += 1;
      if (looks === 2) server.now.lines.push(aLine(8));
      if (looks === 3) server.now.job = completed;
      return false;
    });
    const follow = await following(server);
    expect(await follow.ended).toEqual(completed);
    expect(follow.numbers()).toEqual(oneTo(8));
    expect(follow.jobs.map(({ status }) => status)).toEqual(['building', 'building', 'completed']);
  });

  it('waits for the last lines, which may come after the end', async () => {
    const server = await startSmallServer();
    server.now.job = completed;
    let looks = 0;
    server.beforeAnswer(async ({ url }) => {
      if (!isLogs(url)) return false;
      looks += 1;
      if (looks === 2 || looks === 4) server.now.lines.push(aLine(server.now.lines.length + 1));
      return false;
    });
    const follow = await following(server);
    await follow.ended;
    expect(follow.numbers()).toEqual([1, 2]);
  });

  it('does not wait for lines of a build that never began', async () => {
    const server = await startSmallServer();
    server.now.job = aJob({ status: 'cancelled', attempt: 0 });
    let looks = 0;
    server.beforeAnswer(async ({ url }) => {
      if (isLogs(url)) looks += 1;
      return false;
    });
    await (await following(server)).ended;
    expect(looks).toBe(1);
  });

  it('survives a server that restarts, also in the middle of the pages, and repeats no line', async () => {
    const server = await startSmallServer();
    server.now.pageSize = 2;
    server.now.lines = oneTo(9).map((n) => aLine(n));
    let requests = 0;
    server.beforeAnswer(async (_request, response) => {
      requests += 1;
      if (requests === 8) server.now.job = completed;
      if (requests === 3) response.socket?.destroy();
      else if (requests === 4) response.writeHead(503).end('{}');
      else if (requests === 6) response.writeHead(200, { 'content-length': '999' }).write('{"lines":[');
      else return false;
      if (requests === 6) setImmediate(() => response.socket?.destroy());
      return true;
    });
    const follow = await following(server);
    await follow.ended;
    expect(follow.numbers()).toEqual(oneTo(9));
    expect(follow.outages()).toBe(1);
  });

  it('ends with the message of a problem that does not pass', async () => {
    const server = await startSmallServer();
    const problem = {
      type: 'about:blank',
      title: 'No',
      status: 404,
      code: 'not-found',
      detail: 'There is no such build.',
    };
    server.beforeAnswer(async (_request, response) => {
      response.writeHead(404, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
      return true;
    });
    const { ended } = await following(server);
    await expect(ended).rejects.toThrow('There is no such build. (not-found)');
  });

  it('says so when it does not understand an answer', async () => {
    const server = await startSmallServer();
    server.beforeAnswer(async (_request, response) => {
      response.end('<html>a proxy</html>');
      return true;
    });
    const { ended } = await following(server);
    await expect(ended).rejects.toThrow(/does not understand/);
  });

  it.each(['SIGINT', undefined])('ends at once at Ctrl-C while a request is under way (reason %s)', async (reason) => {
    const server = await startSmallServer();
    const interrupt = new AbortController();
    server.beforeAnswer(async () => {
      interrupt.abort(reason);
      return true; // And never answers.
    });
    const { ended } = await following(server, interrupt.signal);
    await expect(ended).rejects.toThrow(Interrupted);
  });
});
