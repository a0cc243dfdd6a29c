import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Command, Interrupted } from '../../src/command.ts';
import { command as deadLetters } from '../../src/commands/dead-letters.ts';
import { command as deploy } from '../../src/commands/deploy.ts';
import { command as logs } from '../../src/commands/logs.ts';
import { command as queue } from '../../src/commands/queue.ts';
import { command as release } from '../../src/commands/release.ts';
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

describe('dead-letters', () => {
  const loss = { workerId: 'worker-1', reason: 'It fell silent.', alone: true };
  const letter = {
    ...{ jobId, websiteId: 'website-1', websiteName: 'site', ownerId: 'user-1', buildNumber: 3 },
    ...{ failedAt: '2026-01-01T12:00:00.000Z', releasedAs: null },
    error: { code: 'poison-build', message: 'It was alone.', hint: null, step: null },
    losses: [
      { ...loss, attempt: 1, step: null },
      { ...loss, attempt: 2, step: 'install', alone: false },
    ],
  };

  async function listed(answer: object, ...args: readonly string[]): Promise<string> {
    const server = await startSmallServer();
    server.beforeAnswer(async ({ url }, response) => {
      response.end(url?.endsWith('/admin/dead-letters') === true ? JSON.stringify(answer) : '');
      return true;
    });
    const { words, ended } = run(deadLetters, args, server);
    expect(await ended).toBe(0);
    return words.out;
  }

  it('tells of each build what it lost, and what became of it', async () => {
    const released = { ...letter, jobId: 'job-2', losses: [], releasedAs: 'job-3' };
    expect(await listed({ deadLetters: [letter, released], total: 5 })).toBe(
      [
        `${jobId}  2026-01-01T12:00:00.000Z  site #3  It was alone. (poison-build)`,
        '  attempt 1: worker-1, before the first step, alone on it. It fell silent.',
        '  attempt 2: worker-1, install, not known to be alone on it. It fell silent.',
        'job-2  2026-01-01T12:00:00.000Z  site #3  It was alone. (poison-build)',
        '  released as job-3',
        'and 3 older ones',
        '',
      ].join('\n'),
    );
    expect(await listed({ deadLetters: [], total: 0 })).toBe('No build is set aside.\n');
  });

  it('prints the answer and nothing else as JSON', async () => {
    const answer = { deadLetters: [letter], total: 1 };
    expect(JSON.parse(await listed(answer, '--json'))).toEqual(answer);
  });
});

describe('release', () => {
  it('asks for the release of the job, and prints the new one', async () => {
    const server = await startSmallServer();
    const asked: unknown[] = [];
    server.beforeAnswer(async ({ method, url }, response) => {
      asked.push([method, url]);
      response.end(JSON.stringify({ success: true, jobId: 'job-9', queuePosition: 1 }));
      return true;
    });
    const { words, ended } = run(release, [jobId], server);
    expect([await ended, words.out]).toEqual([0, 'job-9\n']);
    expect(asked).toEqual([['POST', `/api/website-builder/admin/dead-letters/${jobId}/release`]]);
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
