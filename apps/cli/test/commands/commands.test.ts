import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Command, Interrupted } from '../../src/command.ts';
import { command as deploy } from '../../src/commands/deploy.ts';
import { command as logs } from '../../src/commands/logs.ts';
import { command as queue } from '../../src/commands/queue.ts';
import { command as retry } from '../../src/commands/retry.ts';
import { aJob, aLine, anIo, completed, jobId, startSmallServer } from '../client/small-server.ts';

type SmallServer = Awaited<ReturnType<typeof startSmallServer>>;

function run(command: Command, args: readonly string[], server: SmallServer, changes: Parameters<typeof anIo>[0] = {}) {
  const { io, words } = anIo(changes);
  return { words, ended: command.run([...args, '--server', server.url, '--token', 'token'], io) };
}

const red = '\u001b[31mred\u001b[39m';

describe('logs', () => {
  it('writes colours to a terminal only, however the messages for the person go', async () => {
    const server = await startSmallServer();
    server.now.lines = [aLine(1, red)];
    const piped = run(logs, [jobId], server, { isTerminal: true });
    const shown = run(logs, [jobId], server, { isOutTerminal: true });
    await Promise.all([piped.ended, shown.ended]);
    expect([piped.words.out, shown.words.out]).toEqual(['red\n', `${red}\u001b[0m\n`]);
  });

  it('prints nothing but one line of JSON per log line with --json, also when it follows across an outage', async () => {
    const server = await startSmallServer();
    server.now.lines = [aLine(1, red), aLine(2)];
    server.now.job = completed;
    let requests = 0;
    server.beforeAnswer(async (_request, response) => {
      requests += 1;
      if (requests === 1) response.socket?.destroy();
      return requests === 1;
    });
    const { words, ended } = run(logs, [jobId, '-f', '--json'], server);
    expect(await ended).toBe(0);
    expect(
      words.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(server.now.lines);
    expect(words.err).toContain('still trying');
  });

  it('says why a server that runs cannot answer just now', async () => {
    const server = await startSmallServer();
    const problem = { type: 'about:blank', title: 'Not now', status: 503, code: 'event-store-unavailable' };
    server.beforeAnswer(async (_request, response) => {
      response.writeHead(503).end(JSON.stringify({ ...problem, detail: 'Nothing can be recorded.', hint: 'Wait.' }));
      return true;
    });
    const { ended } = run(logs, [jobId], server);
    await expect(ended).rejects.toThrow('Nothing can be recorded. (event-store-unavailable)\n  Wait.');
  });

  it('ends as interrupted at Ctrl-C', async () => {
    const server = await startSmallServer();
    const interrupt = new AbortController();
    server.beforeAnswer(async () => {
      interrupt.abort('SIGINT');
      return false;
    });
    const { ended } = run(logs, [jobId, '-f'], server, { signal: interrupt.signal });
    await expect(ended).rejects.toThrow(Interrupted);
  });
});

describe('waiting for a build', () => {
  it.each([
    { status: 'completed', code: 0 },
    { status: 'failed', code: 1 },
    { status: 'cancelled', code: 1 },
  ] as const)(
    'ends with $code when it is $status, and prints the build and nothing else as JSON',
    async ({ status, code }) => {
      const server = await startSmallServer();
      server.now.job = aJob({ status });
      server.now.lines = [aLine(1)];
      server.beforeAnswer(async ({ method }, response) => {
        if (method === 'POST') response.end(JSON.stringify({ success: true, jobId, queuePosition: 1 }));
        return method === 'POST';
      });
      const { words, ended } = run(retry, [jobId, '--wait', '--json'], server);
      expect(await ended).toBe(code);
      expect([JSON.parse(words.out), words.err]).toEqual([server.now.job, '']);
    },
  );

  it('says at Ctrl-C that the build goes on', async () => {
    const server = await startSmallServer();
    const interrupt = new AbortController();
    server.beforeAnswer(async ({ method }, response) => {
      if (method === 'POST') response.end(JSON.stringify({ success: true, jobId, queuePosition: 1 }));
      else interrupt.abort('SIGINT');
      return true;
    });
    const { words, ended } = run(retry, [jobId, '--wait'], server, { signal: interrupt.signal });
    await expect(ended).rejects.toThrow(Interrupted);
    expect(words.err).toContain(`the build goes on. See it again with: yardmaster logs ${jobId} -f`);
  });
});

describe('a command', () => {
  it('says that there is no such file before it asks any server', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yardmaster-cli-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { io } = anIo({ cwd: folder, env: { YARDMASTER_DATA_DIR: folder } });
    await expect(deploy.run(['not-here'], io)).rejects.toThrow(`There is no ${join(folder, 'not-here')}.`);
  });

  it('says where it looked when nothing answers there', async () => {
    const server = await startSmallServer();
    server.beforeAnswer(async (_request, response) => {
      response.socket?.destroy();
      return true;
    });
    await expect(run(queue, [], server).ended).rejects.toThrow(`${server.url} cannot be reached. Is it running?`);
  });
});
