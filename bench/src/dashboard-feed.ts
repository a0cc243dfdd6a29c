import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { statusOf } from '@yardmaster/domain';
import { ClientMessage, type EventView, type JobSummary, type ServerFrame } from '@yardmaster/protocol';
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
const distFolder = join(repositoryRoot, 'apps', 'dashboard', 'dist');
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://feed');
  const answer = answerTo(pathname.replace('/api/website-builder', ''));
  if (pathname === '/bare') return void response.setHeader('Content-Type', 'text/html').end('<!doctype html>');
  if (pathname.startsWith('/api/')) return sendJson(response, answer);
  void sendFile(response, pathname);
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
sockets.on('connection', (socket) => {
  let feed: NodeJS.Timeout | undefined;
  socket.on('message', (data) => {
    const message = ClientMessage.parse(JSON.parse(String(data)));
    if (message.type === 'ping') return send(socket, { ...frameOf(''), type: 'pong' });
    if (message.type !== 'subscribe') return;
    send(socket, snapshotOf(message.topic));
    if (message.topic === 'queue' && updatesPerSecond > 0) feed ??= setInterval(() => sendUpdates(socket), tickMs);
  });
  socket.on('close', () => clearInterval(feed));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));

function answerTo(path: string): unknown {
  const [, first, second, third] = path.split('/');
  if (first === 'auth') return { id: 'user-1', role: 'admin' };
  if (first === 'websites') return { websites: [] };
  if (first === 'user' && second === 'notifications') return { notifications: [], unreadCount: 0 };
  if (first === 'jobs' && third === 'logs') return { lines: [], next: null, total: 0 };
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
  if (kind === 'logs') return { ...frameOf(topic), position: 0, lines: [] };
  if (kind === 'notifications') return { ...frameOf(topic), notifications: [], unreadCount: 0 };
  return { ...frameOf(topic), jobs: Array.from({ length: jobs }, (_, index) => summaryOf(index)) };
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
