import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { HttpProblem, problemBody } from './http/problem-details.ts';
import { refuse } from './live/web-socket.ts';

/** An upload may take this long on a slow line. */
const requestTimeoutMs = 30 * 60_000;
/** Longer than proxies and browsers keep an idle connection, so that it is never ours that ends under a request. */
const keepAliveTimeoutMs = 65_000;
/** What answers under way get at stop before their connections are cut; `up` kills a server that takes a second longer. */
const drainTimeoutMs = 3_000;
const releaseIntervalMs = 50;

export interface Handlers {
  readonly request: (req: IncomingMessage, res: ServerResponse) => void;
  readonly upgrade: (req: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export interface Listener {
  readonly port: number;
  /** Until it is called every request is told to come again in a second. */
  serve(handlers: Handlers): void;
  /** What those who come too early are told that the start waits for. */
  waitsFor(what: string): void;
  /** Takes no new connections, waits, bounded, for answers under way, then cuts what is left. Idempotent. */
  stop(): Promise<void>;
}

/** The address cannot be listened on: taken, not allowed, or not of this machine. */
export class ListenFailed extends Error {
  override readonly name = 'ListenFailed';
}

/** Listens before anything else is opened: a taken port is one clear message, and the real port is known to all. */
export async function listen({ host, port }: { readonly host: string; readonly port: number }): Promise<Listener> {
  let problem = new HttpProblem(503, 'starting', 'The server is starting.');
  let handlers: Handlers = {
    request: (req, res) => notYet(req, res, problem),
    upgrade: (_req, socket) => refuse(socket, problem),
  };
  const server = createServer({ requestTimeout: requestTimeoutMs, keepAliveTimeout: keepAliveTimeoutMs }, (req, res) =>
    handlers.request(req, res),
  );
  server.on('upgrade', (req, socket, head) => handlers.upgrade(req, socket, head));
  await bind(server, { host, port });
  let stopped: Promise<void> | undefined;
  return {
    port: (server.address() as AddressInfo).port, // an AddressInfo once it listens on TCP
    serve(next) {
      handlers = next;
    },
    waitsFor(what) {
      problem = new HttpProblem(503, 'starting', `The server is starting; it waits for ${what}.`);
    },
    stop() {
      stopped ??= close(server);
      return stopped;
    },
  };
}

function bind(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is taken' : error.message;
      reject(new ListenFailed(`Cannot listen on ${host}:${port}: ${why}. YARDMASTER_PORT chooses another port.`));
    });
    server.listen(port, host, () => resolve());
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
    // A connection that is kept alive after its last answer is idle only from then on.
    const release = setInterval(() => server.closeIdleConnections(), releaseIntervalMs);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(release);
      resolve();
    });
  });
}

function notYet(req: IncomingMessage, res: ServerResponse, problem: HttpProblem): void {
  const isAlive = req.url === '/healthz';
  const body = isAlive ? { status: 'ok' } : problemBody(problem);
  res.writeHead(isAlive ? 200 : 503, {
    'Content-Type': isAlive ? 'application/json' : 'application/problem+json',
    'Retry-After': '1',
  });
  res.end(JSON.stringify(body));
}
