import { once } from 'node:events';
import { type AddressInfo, createServer, connect as open, type Socket } from 'node:net';

/** What the proxy lets through: everything, no WebSocket, neither WebSocket nor event stream, or nothing at all. */
export type Allowed = 'everything' | 'no-sockets' | 'requests-only' | 'nothing';

/** Stands between a browser and the product, and breaks connections when it is told to. */
export interface Proxy {
  readonly url: string;
  /** Where the product is; connections that are made before fail. */
  leadTo(url: string): void;
  allow(allowed: Allowed): void;
  /** Breaks every connection there is, from both ends; resolves to how many. */
  cut(): number;
  /** Resolves when so many more pieces of data have come from the product; the last is held back until then. */
  pieces(count: number): Promise<void>;
  close(): Promise<void>;
}

const refused = 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

/** A proxy that works on connections, not on requests, as a load balancer does. */
export async function openProxy(): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const waiting = new Set<{ left: number; readonly done: () => void }>();
  let target: number | null = null;
  let allowed: Allowed = 'everything';

  const server = createServer((browser) => {
    if (target === null || allowed === 'nothing') return void browser.destroy();
    const product = open(target, '127.0.0.1');
    for (const [socket, other] of [
      [browser, product],
      [product, browser],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.on('end', () => other.end());
    }
    browser.on('data', (data) => {
      if (isRefused(data)) browser.end(refused);
      else product.write(data);
    });
    product.on('data', (data) => {
      for (const each of waiting) {
        each.left -= 1;
        if (each.left > 0) continue;
        waiting.delete(each);
        each.done();
      }
      if (!browser.destroyed) browser.write(data);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port

  /** A request of a browser comes in one piece with its first line first. */
  function isRefused(data: Buffer): boolean {
    if (allowed === 'everything') return false;
    const firstLine = data.subarray(0, 200).toString('latin1').split('\r\n', 1)[0] ?? '';
    const isSocket = firstLine.includes('/live ');
    const isStream = firstLine.includes('/user/queue/stream');
    return isSocket || (isStream && allowed === 'requests-only');
  }

  function cut(): number {
    const cutNow = sockets.size / 2;
    for (const socket of sockets) socket.destroy();
    return cutNow;
  }

  return {
    url: `http://localhost:${port}`,
    leadTo(url) {
      target = Number(new URL(url).port);
    },
    allow(next) {
      allowed = next;
    },
    cut,
    pieces: (count) =>
      new Promise((resolve) => {
        waiting.add({ left: count, done: resolve });
      }),
    async close() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
