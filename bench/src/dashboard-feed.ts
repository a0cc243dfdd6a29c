import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { statusOf } from '@yardmaster/domain';
import {
  ClientMessage,
  type EventView,
  type JobSummary,
  type LogLineView,
  type ServerFrame,
} from '@yardmaster/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { recordedHistory } from './recorded-history.ts';
import { repositoryRoot } from './repository.ts';

// A process of its own that serves the built dashboard and feeds it as a busy server would: no real server on this
// machine has a thousand changes a second beside a browser that shall show them. What is measured is the page.

const jobs = 200;
const tickMs = 10;
const updatesPerSecond = Number(process.argv[2]);
const histories = new Map(
  await Promise.all(
    [100, 5_000].map(async (length) => [`history-${length}`, await eventsOf(length)] as [string, EventView[]]),
  ),
);
/** A history that has not come to its end. */
const eventsOfBuilding = (histories.get('history-100') ?? []).slice(0, -6);
/** A build under way that has said so many lines, and goes on at a hundred lines a second. */
const talkative = 'talkative';
const linesSaid = 100_000;
const linesPerTick = 10;
const linesTickMs = 100;
const distFolder = join(repositoryRoot, 'apps', 'dashboard', 'dist');
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://feed');
  const answer = answerTo(pathname.replace('/api/website-builder', ''), searchParams);
  if (pathname === '/bare') return void response.setHeader('Content-Type', 'text/html').end('<!doctype html>');
  if (pathname.startsWith('/api/')) return sendJson(response, answer);
  void sendFile(response, pathname);
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket) => {
  let feed: NodeJS.Timeout | undefined;
  let talk: NodeJS.Timeout | undefined;
  socket.on('message', (data) => {
    const message = ClientMessage.parse(JSON.parse(String(data)));
    if (message.type === 'ping') return send(socket, { ...frameOf(''), type: 'pong' });
    if (message.type !== 'subscribe') return;
    send(socket, snapshotOf(message.topic));
    if (message.topic === `logs:${talkative}`) talk ??= setInterval(sendLines(socket, message.topic), linesTickMs);
    if (message.topic === 'queue' && updatesPerSecond > 0) feed ??= setInterval(() => sendUpdates(socket), tickMs);
  });
  socket.on('close', () => {
    clearInterval(feed);
    clearInterval(talk);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));

function answerTo(path: string, query: URLSearchParams): unknown {
  const [, first, second, third] = path.split('/');
  if (first === 'auth') return { id: 'user-1', role: 'admin' };
  if (first === 'websites') return { websites: [] };
  if (first === 'user' && second === 'notifications') return { notifications: [], unreadCount: 0 };
  if (first === 'jobs' && third === 'logs') return logPage(second === talkative ? linesSaid : 0, query);
  return {
    activeJobs: Array.from({ length: jobs }, (_, index) => summaryOf(index)),
    completedJobs: [],
    totalActive: jobs,
    totalCompleted: 0,
    page: 1,
    pageSize: 10,
    statistics: { waiting: 0, building: jobs, averageWaitMs: 1_000, averageBuildMs: 9_000 },
  };
}

function snapshotOf(topic: string): ServerFrame {
  const [kind, id = ''] = topic.split(':');
  const events = histories.get(id);
  if (kind === 'job' && events !== undefined) {
    const revision = events.length - 1;
    const job = { ...summaryOf(0), id, revision, status: 'completed', state: 'completed', progress: 100 } as const;
    return { ...frameOf(topic), job: { ...job, completedAt: new Date().toISOString() }, events };
  }
  if (kind === 'job') return { ...frameOf(topic), job: { ...summaryOf(0), id }, events: eventsOfBuilding };
  if (kind === 'logs') return { ...frameOf(topic), type: 'update', position: linesSaid, lines: [] };
  if (kind === 'notifications') return { ...frameOf(topic), notifications: [], unreadCount: 0 };
  return { ...frameOf(topic), jobs: Array.from({ length: jobs }, (_, index) => summaryOf(index)) };
}

function logPage(total: number, query: URLSearchParams) {
  const after = Number(query.get('after') ?? 0);
  const count = Math.max(0, Math.min(total - after, Number(query.get('limit') ?? 1_000)));
  const lines = Array.from({ length: count }, (_, index) => lineOf(after + index + 1));
  return { lines, next: after + count < total ? after + count : null, total };
}

function sendLines(socket: WebSocket, topic: string): () => void {
  let said = linesSaid;
  return () => {
    const lines = Array.from({ length: linesPerTick }, (_, index) => lineOf(said + index + 1));
    said += linesPerTick;
    send(socket, { ...frameOf(topic), type: 'update', position: said, lines });
  };
}

/** As a bundler prints them: three colours and some hundred characters. */
function lineOf(n: number): LogLineView {
  const text = `\u001b[90m[${(n / 100).toFixed(2)}s]\u001b[39m \u001b[32m✓\u001b[39m compiled \u001b[1msrc/pkg-${n % 40}/file${n}.ts\u001b[22m in \u001b[33m${n % 90} ms\u001b[39m`;
  return {
    n,
    at: new Date(Date.UTC(2026, 0, 1, 0, 2) + n).toISOString(),
    step: 'bundle',
    stream: 'stdout',
    text,
    attempt: 1,
  };
}

let revision = 10;
function sendUpdates(socket: WebSocket): void {
  for (let n = 0; n < (updatesPerSecond * tickMs) / 1_000; n++) {
    revision += 1;
    const job = summaryOf(revision % jobs, revision);
    send(socket, { ...frameOf('queue'), type: 'update', position: String(revision), job });
  }
}

function frameOf(topic: string): ServerFrame {
  return { topic, position: '1', storeId: 'bench', type: 'snapshot' };
}

function summaryOf(index: number, at = 1): JobSummary {
  const progress = [10, 30, 60, 80][at % 4] ?? 0;
  return {
    id: `job-${index}`,
    websiteId: `website-${index % 20}`,
    websiteName: `Website ${index}`,
    buildNumber: index + 1,
    status: 'building',
    state: { building: 'installing' },
    revision: at,
    progress,
    currentStep: `Step ${at}`,
    priority: 5,
    effectivePriority: 6,
    queuePosition: null,
    waitingReason: null,
    estimatedTimeRemaining: null,
    attempt: 1,
    createdAt: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
    startedAt: new Date(Date.UTC(2026, 0, 1, 0, 1, index)).toISOString(),
    completedAt: null,
    previewUrl: null,
    error: null,
    notificationSent: false,
    retryOf: null,
  };
}

async function eventsOf(length: number): Promise<EventView[]> {
  const recorded = await recordedHistory(length);
  const last = recorded.at(-1);
  if (last === undefined || statusOf(last.metadata.to) !== 'completed') throw new Error('The history does not end.');
  return recorded.map(({ position, revision, type, data, metadata, recordedAt }) => ({
    position,
    revision,
    type,
    data,
    metadata: { ...metadata, recordedAt },
  }));
}

function send(socket: WebSocket, frame: ServerFrame): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body));
}

/** Every path that is no file is a page of the dashboard. */
async function sendFile(response: ServerResponse, path: string): Promise<void> {
  const name = extname(path) === '' ? 'index.html' : path;
  try {
    const content = await readFile(join(distFolder, name));
    response.setHeader('Content-Type', types[extname(name)] ?? 'application/octet-stream').end(content);
  } catch {
    response.writeHead(404).end();
  }
}
