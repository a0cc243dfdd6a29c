import type { ServerFrame } from '@yardmaster/protocol';
import { WebSocket } from 'ws';
import { apiPath } from '../src/http/app.ts';
import type { Person, TestServer } from './server-fixture.ts';

/** A queue of what came in, and a way to wait for the next thing. */
function inbox<Item>() {
  const items: Item[] = [];
  const waiting = new Set<() => void>();
  return {
    items,
    put(item: Item): void {
      items.push(item);
      for (const look of waiting) look();
    },
    /** Resolves once there is an item that fits; everything that came is kept. */
    until(fits: (item: Item) => boolean): Promise<Item> {
      return new Promise((resolve) => {
        const look = () => {
          const found = items.find(fits);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      });
    },
  };
}

export interface LiveClient {
  readonly frames: readonly ServerFrame[];
  until(fits: (frame: ServerFrame) => boolean): Promise<ServerFrame>;
  subscribe(topic: string, options?: { readonly since?: string | number; readonly storeId?: string }): void;
  send(message: unknown): void;
  close(): void;
  readonly closed: Promise<{ readonly code: number }>;
}

export async function openLive(
  server: TestServer,
  { as = server.admin, headers }: { readonly as?: Person; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<LiveClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${apiPath}/live`, {
    headers: headers ?? { Authorization: `Bearer ${as.token}` },
  });
  const frames = inbox<ServerFrame>();
  socket.on('message', (data) => frames.put(JSON.parse(String(data)) as ServerFrame)); // made by the server under test
  const closed = new Promise<{ code: number }>((resolve) => socket.on('close', (code) => resolve({ code })));
  await new Promise<void>((resolve, reject) => socket.once('open', () => resolve()).once('error', reject));
  const send = (message: unknown) => socket.send(JSON.stringify(message));
  return {
    frames: frames.items,
    until: frames.until,
    subscribe: (topic, options = {}) => send({ type: 'subscribe', topic, ...options }),
    send,
    close: () => socket.terminate(),
    closed,
  };
}

export interface StreamMessage {
  readonly id: string | null;
  readonly data: {
    readonly type: string;
    readonly position: string | null;
    readonly [field: string]: unknown;
  };
}

/** Follows the queue by server-sent events, as a browser does. */
export async function openStream(server: TestServer, { lastEventId }: { readonly lastEventId?: string } = {}) {
  const abort = new AbortController();
  const response = await server.ask('/user/queue/stream', {
    signal: abort.signal,
    headers: lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId },
  });
  const messages = inbox<StreamMessage>();
  const ended = read(response, messages.put).catch(() => undefined); // aborted
  return {
    response,
    messages: messages.items,
    until: messages.until,
    ended,
    close: () => abort.abort(),
  };
}

async function read(response: Response, put: (message: StreamMessage) => void): Promise<void> {
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      const id = /^id: (.*)$/m.exec(block)?.[1] ?? null;
      if (data !== undefined) put({ id, data: JSON.parse(data) });
    }
  }
}
