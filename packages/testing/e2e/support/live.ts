import { setTimeout as delay } from 'node:timers/promises';
import { type JobSummary, type Notification, ServerFrame } from '@yardmaster/protocol';
import { apiPath } from './api.ts';
import type { Product } from './product.ts';

const RECONNECT_MS = 50;

/** What a client receives that connects again whenever the connection breaks, and goes on where it was. */
export interface Followed<Message> {
  readonly received: readonly Message[];
  /** How often it was connected. */
  connections(): number;
  stop(): void;
}

/** Follows a topic of `WS /live`, resuming with `since` and the store's id. */
export function followTopic(product: Product, topic: string): Followed<ServerFrame> {
  const frames: ServerFrame[] = [];
  let connections = 0;
  let socket: WebSocket | null = null;
  let isStopped = false;

  function connect(): void {
    if (isStopped) return;
    const headers = { authorization: `Bearer ${product.token}` };
    socket = new WebSocket(`${product.url.replace(/^http/, 'ws')}${apiPath}/live`, { headers });
    socket.addEventListener('open', () => {
      connections += 1;
      const last = frames.findLast(({ position }) => position !== null);
      const resume = last === undefined ? {} : { since: last.position, storeId: last.storeId };
      socket?.send(JSON.stringify({ type: 'subscribe', topic, ...resume }));
    });
    socket.addEventListener('message', ({ data }) => frames.push(ServerFrame.parse(JSON.parse(String(data)))));
    // Also after a connection that could not be made.
    socket.addEventListener('close', () => setTimeout(connect, RECONNECT_MS));
  }

  connect();
  return {
    received: frames,
    connections: () => connections,
    stop() {
      isStopped = true;
      socket?.close();
    },
  };
}

/** A message of `GET /user/queue/stream`, and the position that it carries as its id. */
export type StreamMessage = { readonly id: string | null } & (
  | { readonly type: 'snapshot' }
  | { readonly type: 'job_update'; readonly jobUpdate: JobSummary }
  | { readonly type: 'notification'; readonly notification: Notification }
);

/** Follows the server-sent events of the queue as a browser does, resuming with `Last-Event-ID`. */
export function followStream(product: Product): Followed<StreamMessage> {
  const received: StreamMessage[] = [];
  const stop = new AbortController();
  let connections = 0;
  let lastId: string | null = null;

  async function read(): Promise<void> {
    const resume = lastId === null ? {} : { 'last-event-id': lastId };
    const response = await product.api.send('GET', '/user/queue/stream', { headers: resume, signal: stop.signal });
    if (!response.ok || response.body === null) return;
    connections += 1;
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) take(message);
    }
  }

  function take(message: string): void {
    const fields = new Map(message.split('\n').map((line) => [line.split(': ', 1)[0], line.replace(/^\w*: /, '')]));
    const data = fields.get('data');
    lastId = fields.get('id') ?? lastId;
    // The shapes that the API names; what is used of them is compared with other answers.
    if (data !== undefined) received.push({ id: fields.get('id') ?? null, ...JSON.parse(data) } as StreamMessage);
  }

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      await read().catch(() => {}); // the server goes away; the client comes back
      await delay(RECONNECT_MS);
    }
  }

  void follow();
  return { received, connections: () => connections, stop: () => stop.abort() };
}
