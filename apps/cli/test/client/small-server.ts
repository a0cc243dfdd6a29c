import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JobDetail, LogLineView } from '@yardmaster/protocol';
import { onTestFinished } from 'vitest';
import type { CommandIo } from '../../src/command.ts';

export const jobId = '0b7a2f5e-8a0a-4c64-9c1e-0f4a1c1f9d11';
const at = '2026-01-01T12:00:00.000Z';

export function aJob(changes: Partial<JobDetail> = {}): JobDetail {
  return {
    ...{ id: jobId, jobId, websiteId: 'website-1', websiteName: 'site', buildNumber: 1, revision: 4, priority: 5 },
    ...{ status: 'building', state: { building: 'installing' }, progress: 30, currentStep: 'Installing dependencies…' },
    ...{ effectivePriority: 6, queuePosition: null, waitingReason: null, estimatedTimeRemaining: null, attempt: 1 },
    ...{ createdAt: at, startedAt: at, completedAt: null, previewUrl: null, error: null, notificationSent: false },
    ...{ retryOf: null, allocatedPort: null, logs: [], steps: [], annotations: [] },
    ...{ cancellation: null, deadLetter: null },
    ...changes,
  };
}

export const completed = aJob({ status: 'completed', progress: 100, previewUrl: 'http://site-1.preview.localhost' });

export function aLine(n: number, text = `line ${n}`): LogLineView {
  return { n, at, step: 'install', stream: 'stdout', text, attempt: 1 };
}

/**
 * The two routes that following a build needs, over real HTTP, saying what the test sets. `beforeAnswer` may answer in
 * its own way, by resolving true.
 */
export async function startSmallServer() {
  const now = { job: aJob(), lines: [] as LogLineView[], pageSize: 1_000 };
  let beforeAnswer = async (_request: IncomingMessage, _response: ServerResponse): Promise<boolean> => false;
  const server = createServer((request, response) => {
    void beforeAnswer(request, response).then((answered) => {
      if (!answered) response.end(JSON.stringify(answerTo(new URL(request.url ?? '/', 'http://here'))));
    });
  });
  const answerTo = ({ pathname, searchParams }: URL): unknown => {
    if (!pathname.endsWith('/logs')) return now.job;
    const rest = now.lines.filter(({ n }) => n > Number(searchParams.get('after')));
    const lines = rest.slice(0, now.pageSize);
    const next = rest.length > lines.length ? lines.at(-1)?.n : null;
    return { lines, next, total: now.lines.length };
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return {
    now,
    url: `http://127.0.0.1:${port}`,
    beforeAnswer(next: typeof beforeAnswer) {
      beforeAnswer = next;
    },
  };
}

/** The world of a command, whose words are kept. */
export function anIo(changes: Partial<CommandIo> = {}) {
  const words = { out: '', err: '' };
  const never = new AbortController().signal;
  const io: CommandIo = {
    env: {},
    cwd: '/',
    out(text) {
      words.out += text;
    },
    err(text) {
      words.err += text;
    },
    isTerminal: false,
    isOutTerminal: false,
    signal: never,
    force: never,
    ...changes,
  };
  return { io, words };
}
